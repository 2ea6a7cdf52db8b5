"""Head-loss laws: each is one function of the flow returning (drop, gradient), in ft and cfs.

`drop` falls from a link's start to its end; `gradient` is d drop / d flow and is never negative.
EPANET's constants belong to feet and cubic feet a second, and parity with it needs its rounding;
`hydraulics.us_units` stands between these laws and SI.
"""
