"""The page of protocols: what each asks for, and a lab's own ones, written, checked and deleted."""
