"""Reading: selected parts of sessions as tables and maps, read from the archive and kept in bounded caches."""
