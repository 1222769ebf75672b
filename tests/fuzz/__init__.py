"""Hostile input: `python -m tests.fuzz` throws a million cases at every door. See __main__.py."""
