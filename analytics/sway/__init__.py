"""Standing: sway of the centre of pressure, its spectrum, and whether someone stands quietly."""
