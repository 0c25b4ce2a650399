"""Results of a selected part as markup, shared by the session page, reports and comparisons."""
