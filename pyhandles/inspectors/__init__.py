"""What pyhandles knows of the standard library's types: one file a family."""
