"""The checks of `network_models.validate`, a module a part of the network."""
