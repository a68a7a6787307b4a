"""Answers in, what people and programs read out."""
