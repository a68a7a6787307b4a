"""What was closed here, or half closed, and is not gone: a rule a kind tells of its findings."""
