"""Frames come in: protocol, sessions, group commit, the Quart application and the sender."""

__distribution__ = "barograph"  # what another package of this name does not say
