"""The graph of objects and references: whole-heap work on flat arrays, small slices with networkx."""
