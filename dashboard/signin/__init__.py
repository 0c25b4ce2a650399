"""Signing in and out, invitations, the first run, one's account, and the people who may come: plain pages of forms."""
