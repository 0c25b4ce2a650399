"""Numbers become pictures: Dash on Quart, the hub of the live feed, and the browser's code in `assets/`."""

__distribution__ = "barograph"  # what another package of this name does not say
