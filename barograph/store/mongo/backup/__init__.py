"""Backups of what is stored, and how one is restored (docs/backup.md says what they hold)."""
