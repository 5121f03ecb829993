# What each target does is in README.md, "Commands of this folder".
.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help demo test check format bench load soak docs package bundle package-test clean

help:
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' $(MAKEFILE_LIST)

$(STAMP): pyproject.toml tests/prepare.sh tests/constraints.txt
	@sh tests/prepare.sh venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c tests/constraints.txt -e '.[dev]'
	@touch $@

demo: $(STAMP) ## the whole system on this machine, without any server
	@$(BIN)/meterd demo

check: $(STAMP) ## format, lint, types and the rules between folders
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy

test: $(STAMP) ## installs the servers it needs, then checks and the whole suite
	@sh tests/prepare.sh servers
	@$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest -q -n 2 --dist loadfile -m 'not long'

format: $(STAMP) ## rewrite the code in the house's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMP) ## every measurement of docs/performance.md in one run
	@sh tests/prepare.sh servers
	$(BIN)/python -m tests.bench

load: $(STAMP) ## 64 buses of 32 meters for ten minute slots (about 12 minutes)
	@sh tests/prepare.sh servers
	$(BIN)/python -m tests.bench.load

soak: $(STAMP) ## the long forms of the fault tests
	@sh tests/prepare.sh servers
	$(BIN)/python -m pytest -q -m long

docs: $(STAMP) ## the documentation as a site in build/site; a dead link or anchor ends it
	$(BIN)/mkdocs build --strict -f release/mkdocs.yml

package: $(STAMP) ## the Debian packages of this machine, in build/packages
	$(BIN)/python -m release packages --revision $(or $(REVISION),1)

bundle: $(STAMP) ## the offline bundle for all machines, below build
	$(BIN)/python -m release bundle

package-test: $(STAMP) ## installs packages and bundle in a clean Debian without network (as root)
	@sh tests/prepare.sh packages
	$(BIN)/python -m pytest -v tests/release/clean_root.py

clean: ## remove the environment and caches
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
