"""Gas networks: solved states, runs with line pack, many cases. See `hydraulics.gas.model`."""
