"""What the suite does when more comes than it can take: `python -m tests.overload`."""
