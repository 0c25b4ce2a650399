"""The wall of a team: what its athletes do now, on a screen in the hall."""
