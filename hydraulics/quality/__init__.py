"""Water quality along a solved run: age, share of a source, a substance that decays.

Water moves as segments of one quality each (time-driven Lagrangian transport): what leaves a pipe
in a quality step is taken from its downstream end, mixes at the node with all other inflow, and
enters the pipes behind as new segments. Segments of nearly equal quality merge on entry.
"""
