"""python -m pyhandles.dump."""

from pyhandles.dump.runner import main

main()
