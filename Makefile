# Everything a person does with this repository, one word each. Needs Python 3.11 or newer and make; the rest is
# installed into .venv from the pinned files in requirements/, once, and again when they change.
#
#   make demo    show the pool and the SDK at work in the terminal
#   make test    run the tests              (make test ARGS="-k devices"  runs some of them)
#   make check   format, lint, types, generated files, rules of the house
#   make bench   compare with other clients and servers (in a virtualenv of its own, .venv-bench)
#   make docs    build the documentation into site/
#   make generate  write the generated files again
#   make format  put the code into its form
#   make pins    compile requirements/ again from pyproject.toml  (make pins UPGRADE=--upgrade  takes newer versions)
#   make clean   remove what these made

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: help demo test check bench docs generate format pins clean

VENV := .venv
BIN := $(VENV)/bin
BENCH_BIN := .venv-bench/bin

# Arguments for pytest, and how many processes run the tests.
ARGS ?=
WORKERS ?= 2

# A candidate counts only when it runs, is new enough, and can make a virtualenv.
FIND_PYTHON = for candidate in $(PYTHON) python3.11 python3.12 python3.13 python3.14 python3 python; do \
	if $$candidate -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; \
	then echo $$candidate; exit 0; fi; done; \
	echo 'userpool needs Python 3.11 or newer with its venv module (Debian and Ubuntu: apt-get install python3-venv).' >&2; \
	echo 'Python found: '"$$(python3 --version 2>/dev/null || echo none)"'. Another one: make PYTHON=/path/to/python' >&2; exit 1

PIP_INSTALL := -m pip install --quiet --disable-pip-version-check

# Programs that write files which are kept in the repository; each has --check.
GENERATORS := $(wildcard tools/generate_*.py tools/unasync.py tools/docs_*.py)

help:
	@sed -n 's/^#   //p' Makefile

# ---- set-up: each stamp says that a virtualenv holds what a file asks for ----

$(BIN)/python $(BENCH_BIN)/python:
	@python=$$($(FIND_PYTHON)) && echo "Making $(@D:/bin=) with $$python" && $$python -m venv $(@D:/bin=)

# The demo needs a third of the packages and no compiler of documentation, so it is ready sooner.
$(VENV)/.run: requirements/run.txt pyproject.toml | $(BIN)/python
	@echo 'Installing what the pool needs (requirements/run.txt)'
	@$(BIN)/python $(PIP_INSTALL) --require-hashes -r requirements/run.txt
	@$(BIN)/python $(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	@echo 'Installing what the tests and the checks need (requirements/dev.txt)'
	@$(BIN)/python $(PIP_INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@

# Strangers only: what is ours runs in .venv, where the strangers are not.
.venv-bench/.bench: requirements/bench.txt | $(BENCH_BIN)/python
	@echo 'Installing what we compare ourselves with (requirements/bench.txt)'
	@$(BENCH_BIN)/python $(PIP_INSTALL) --require-hashes -r requirements/bench.txt
	@touch $@

# ---- the words ----

demo: $(VENV)/.run
	@$(BIN)/userpool demo

test: $(VENV)/.dev
	@$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

check: $(VENV)/.dev
	@echo '== format ==' && $(BIN)/ruff format --check .
	@echo '== lint ==' && $(BIN)/ruff check .
	@echo '== types: mypy ==' && $(BIN)/mypy
	@echo '== types: pyright ==' && $(BIN)/pyright --pythonpath $(BIN)/python
	@echo '== generated files ==' && for tool in $(GENERATORS); do $(BIN)/python $$tool --check || exit 1; done
	@echo '== rules of the house ==' && $(BIN)/python -m pytest -q tests/house

bench: $(VENV)/.run .venv-bench/.bench
	@$(BENCH_BIN)/python benchmarks/run.py $(ARGS)

docs: $(VENV)/.dev
	@$(BIN)/zensical build --clean --strict

generate: $(VENV)/.dev
	@for tool in $(GENERATORS); do $(BIN)/python $$tool || exit 1; done

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

# Addresses of packages and of indexes are left out: whoever installs says where from, the hashes say what.
UPGRADE ?=
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 $(UPGRADE) \
	--generate-hashes --no-header --no-annotate

pins: $(VENV)/.dev
	@$(COMPILE) --output-file requirements/dev.txt --all-extras --group dev pyproject.toml
	@$(COMPILE) --output-file requirements/run.txt --extra server --group build --constraints requirements/dev.txt pyproject.toml
	@$(COMPILE) --output-file requirements/bench.txt --group bench

clean:
	@rm -rf .venv .venv-bench .mypy_cache .pytest_cache .ruff_cache .hypothesis .cache site dist
