"""GasLib files: networks (.net), nominations (.scn) and compressor stations (.cs)."""
