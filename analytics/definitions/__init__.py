"""Each column once: its unit, formula and source."""
