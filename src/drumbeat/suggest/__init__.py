"""Suggestions for a page that nobody has annotated yet: regions, quotations, names.  Pure functions of its text and of models."""
