"""Exports of vendors' software, which are read and never written: one module per format, and what they share.

`text` reads lines and headers, `quantities` numbers with units; `novel` is what emed, pedar and pliance have in common.
"""
