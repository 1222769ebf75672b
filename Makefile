# Each target is one line that calls one tool. `make setup` installs everything; it is quick when nothing changed.
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup lock protos fmt lint test test-all test-models bench coverage up demo

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

setup: ## install everything into .venv and .venv-paddle
	@$(PYTHON) services/local/setup.py

lock: setup ## renew the hashed requirement files after a change of pyproject.toml
	@$(BIN)/python services/local/setup.py --lock

protos: setup ## regenerate protos/gen
	@$(BIN)/python services/local/setup.py --link-googleapis && buf lint && buf format -w protos && buf generate

fmt: setup ## format
	@ruff format . && ruff check --fix-only --quiet .

lint: setup ## every static check
	@$(BIN)/python services/local/setup.py --link-googleapis && ruff check . && ruff format --check . && mypy && lint-imports && buf lint && buf format -d --exit-code protos

test: setup ## the tests
	@pytest -n 3 --dist loadscope --no-loadscope-reorder

test-all: setup ## the tests with more examples, then what takes an hour: kills, hostile cases, overload, the models
	@pytest -n 2 --dist loadscope --hypothesis-profile=thorough && pytest -m long -s

test-models: setup ## the committed models, and a short training of each network (PyTorch: over 3 GB of disk in all)
	@$(BIN)/python -m services.recognition.install_training && pytest -m long tests/recognition/test_golden.py && PYTHONPATH=. .venv-training/bin/python -m pytest -q -c /dev/null --rootdir=. --confcutdir=tests/recognition/training/networks tests/recognition/training/networks

bench: setup ## the suite beside its peers and limits, in one table (under ten minutes)
	@python -m bench.peers && python -m bench

coverage: setup ## the tests again, with a table of what they cover (half as long again)
	@pytest -n 3 --dist loadscope --no-loadscope-reorder --cov=services --cov-report=term:skip-covered

up: setup ## start the whole suite on this machine
	@anpr up

demo: setup ## start everything, push frames through it, look, verify
	@anpr demo
