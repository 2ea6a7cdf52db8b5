"""The live model: the solved state of the water network beside what is measured."""
