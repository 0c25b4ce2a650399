"""The live feed: one reader for all viewers, bounded queues, columns and numbers of the last seconds."""
