"""Record: test days, from whose turn it is to an accepted trial."""
