"""Your data: the page of an athlete about what is stored of them, and the page that answers what they ask for."""
