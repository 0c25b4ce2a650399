"""The page on which masks of a foot are drawn by hand."""
