"""The store: what an archive and a live feed promise, how frames are stored and read, and rollups."""
