"""python -m pyhandles.dump."""

import sys

# The current directory belongs to the program: a resource.py in it is none that we want.
if not sys.flags.safe_path:
    del sys.path[0]

from pyhandles.dump.runner import main

main()
