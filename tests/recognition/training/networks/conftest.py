"""These tests need PyTorch, which only the training environment has: `make test-models` runs them."""

import importlib.util

collect_ignore_glob = [] if importlib.util.find_spec("torch") else ["test_*.py"]
