"""Many cases of one network: the same topology and order of elimination, solved side by side."""
