"""Numbers of single frames, and which cells and frames are in contact."""
