"""The command `barograph`, and `python -m barograph`: it looks first whether what it is made of is Barograph's."""

import sys

from barograph.foreign import foreign


def main() -> None:
    """Run the command, or end with a sentence where a package beside this one is another's."""
    if (said := foreign()) is not None:
        sys.exit(f"Error: {said}")
    from barograph.cli import main as command

    command()


if __name__ == "__main__":
    main()
