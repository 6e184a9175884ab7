"""``python -m dlgrader`` is the command `dlgrader`."""

import sys

from dlgrader.cli import main

if __name__ == "__main__":
    sys.exit(main())
