"""The shell over a snapshot: commands typed at a prompt, given with ``-c``, or read from standard input."""
