"""Files: one module a format; a reader is chosen by content, not by name."""
