"""The athlete's history."""
