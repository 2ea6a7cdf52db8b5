"""District heat: supply and return solved as one graph, and the heat the water carries."""
