# Everything a developer does. A virtual environment is made in .venv the first time.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run demo test lint docs bench bench-short torture fuzz clean

run: .venv/installed
	$(BIN)/python -m statustrio

demo: .venv/installed
	$(BIN)/python -m statustrio demo

test: .venv/for-tests
	$(BIN)/python -m pytest --numprocesses auto -m "not alone" --cov --cov-report=
	$(BIN)/python -m pytest -m alone --cov --cov-append --cov-report=
	$(BIN)/coverage report --fail-under=90
	$(BIN)/coverage report --fail-under=100 --include='statustrio/detect.py,statustrio/incidents.py,statustrio/lifecycle.py,statustrio/matching.py,statustrio/schedule.py,statustrio/filters.py,statustrio/platforms/*'

lint: .venv/for-lint
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	grep -rlE --include='*.py' 'import trio|async def' statustrio | xargs -n 8 -P 2 $(BIN)/flake8-async --disable=ASYNC9,ASYNC109,ASYNC114,ASYNC124,ASYNC127

# The reference pages from the code, then the site in build/site; a link or an anchor that leads nowhere is an error.
docs: .venv/for-docs
	$(BIN)/python docs/reference.py
	$(BIN)/python docs/stage.py
	$(BIN)/zensical build --strict

# The daemon beside what a user would write instead: an hour, and two minutes. Both need nginx.
bench: .venv/for-bench
	$(BIN)/python benchmarks

bench-short: .venv/for-bench
	$(BIN)/python benchmarks --short

# The worst days, each with what it may cost at most: a thousand kills, hostile pages, a full disk. Needs Linux.
torture: .venv/for-tests
	$(BIN)/python tests/torture

# What strangers can write, changed over and over: make fuzz SECONDS=600. Findings and the slowest inputs: .cache/fuzz.
SECONDS ?= 60
fuzz: .venv/for-tests
	$(BIN)/python tests/fuzz --seconds $(SECONDS)

clean:
	rm -rf .venv .cache build dist .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/python:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	@touch $@

.venv/installed: .venv/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

.venv/for-tests: .venv/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	@touch $@ .venv/installed

.venv/for-bench: .venv/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[bench]'
	@touch $@ .venv/installed

.venv/for-docs: .venv/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[docs]'
	@touch $@ .venv/installed

.venv/for-lint: .venv/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[test,lint]'
	@touch $@ .venv/for-tests .venv/installed
