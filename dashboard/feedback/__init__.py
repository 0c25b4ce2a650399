"""The athlete's feedback while they train: the page, what is usual for them, and the summaries that are kept."""
