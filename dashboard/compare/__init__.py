"""The compare page and its report."""
