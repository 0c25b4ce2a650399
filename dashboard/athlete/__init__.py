"""The athlete's page."""
