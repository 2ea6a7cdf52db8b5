"""One graph for every medium: nodes and links in the order of elimination, and Newton's step."""
