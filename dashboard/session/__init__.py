"""The session page and its report."""
