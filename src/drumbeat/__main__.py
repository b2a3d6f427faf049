"""`python -m drumbeat` is the console script."""

from drumbeat.cli import app

if __name__ == "__main__":  # and not where a process of a pool looks at it
    app()
