"""Numbers become pictures: Dash on Quart, the hub of the live feed, and the browser's code in `assets/`."""
