"""What every page stands in: the shell, the guard in front, static files, notices, typed callbacks."""
