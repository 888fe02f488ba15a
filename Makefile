# The two commands to know: `make demo` and `make test`. `make help` lists the others.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo run test check format lint types docs fuzz soak bench bench-dlt bench-pendosim lock clean

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

demo: $(VENV)/.ok ## a simulated Pendo, a connection, four exports and a query, in one go
	@scripts/demo $(BIN)

run: $(VENV)/.ok ## serve the web app on http://127.0.0.1:8321
	$(BIN)/pendant serve

test: $(VENV)/.ok-dev ## every test, the browser ones included
	@scripts/chromium
	@scripts/postgresql
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: format lint types test docs ## everything a change must pass

format: $(VENV)/.ok-dev ## formatting, as a check
	$(BIN)/ruff format --check src tests bench

lint: $(VENV)/.ok-dev ## ruff
	$(BIN)/ruff check src tests bench

types: $(VENV)/.ok-dev ## mypy, strict
	$(BIN)/mypy

docs: $(VENV)/.ok-dev ## docs against the code: commands, settings, routes, resources
	$(BIN)/python -m pytest -q tests/test_docs.py tests/test_house.py

fuzz: $(VENV)/.ok-dev ## pendosim's parser and pipelines, with ten thousand examples each
	PENDOSIM_FUZZ_EXAMPLES=10000 $(BIN)/python -m pytest -q --timeout 3600 tests/pendosim/test_fuzz.py

soak: $(VENV)/.ok-dev ## kills exports at random moments, 20 times for each kind of target
	PENDANT_SOAK_ROUNDS=20 $(BIN)/python -m pytest -q tests/engine/test_killed.py tests/journeys/test_kill.py

bench: $(VENV)/.ok ## the figures of docs/performance.md, measured here
	$(BIN)/python bench/export_speed.py

bench-dlt: $(VENV)/.ok-dev ## exports beside dlt, PostgreSQL beside ADBC alone, and slices that only wait
	$(BIN)/python bench/against_dlt.py

bench-pendosim: $(VENV)/.ok ## how fast the simulator serves and accepts, beside a server of constant bytes
	$(BIN)/python bench/pendosim_speed.py

lock: ## compile the two lock files again (needs uv)
	scripts/lock

clean: ## remove what was built, never what was exported
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache

$(VENV)/bin/python:
	@scripts/venv $(PYTHON) $(VENV)

$(VENV)/.ok: requirements.lock pyproject.toml | $(VENV)/bin/python
	@scripts/install $(PYTHON) $(VENV) requirements.lock
	@touch $@

$(VENV)/.ok-dev: requirements-dev.lock $(VENV)/.ok
	@scripts/install $(PYTHON) $(VENV) requirements-dev.lock
	@touch $@
