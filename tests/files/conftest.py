"""A small file of the same kind to damage."""
