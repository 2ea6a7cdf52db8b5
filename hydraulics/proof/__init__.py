"""The proof beside the answer: every solved state judged by formulas of its own, in SI.

Nothing here calls the solver's laws, matrix or checks. Resistances are worked out from the
network's records by the textbook formulas (EPANET's US constants converted), so that a fault in
assembling, eliminating or iterating shows as a residual.
"""
