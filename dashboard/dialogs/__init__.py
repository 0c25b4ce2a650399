"""Dialogs above a page: describe, tag, export, erase, compare."""
