"""The pages Athletes: the roster, and one athlete."""
