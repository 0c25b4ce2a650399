"""Frames come in: protocol, sessions, group commit, the Quart application and the sender."""
