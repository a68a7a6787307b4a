"""Answers: pure functions from a `Snapshot` to frozen dataclasses. Rendering them is not done here."""
