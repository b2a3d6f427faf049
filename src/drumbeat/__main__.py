"""`python -m drumbeat` is the console script."""

from drumbeat.cli import app

app()
