"""Sessions against each other: comparison, trends, and batches of recordings."""
