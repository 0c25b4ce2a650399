"""The pages: each a function from plain values to components."""
