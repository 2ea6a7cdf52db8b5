"""Walks the dispatch desk's workflows through the API of a running room, as people do.

`python -m tools.walk URL --admin NAME --password-file FILE [--clock FILE]`
"""
