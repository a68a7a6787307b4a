"""``python -m pyhandles`` is ``pyhandles``."""

import sys

from pyhandles.cli import main

if __name__ == "__main__":
    sys.exit(main())
