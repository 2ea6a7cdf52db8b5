"""EPANET's input file (.inp), versions 2.2 and 2.3, read into and written from SI records."""
