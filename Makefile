# The first commands of this repository. `make help` lists them.
# Needed: Python >= 3.11 as `python3` (or PYTHON=…). uv is fetched if the machine has none.

PYTHON ?= python3
UV_VERSION := 0.13.9
CACHE := $(or $(XDG_CACHE_HOME),$(if $(HOME),$(HOME)/.cache,/tmp/tessera-cache))/tessera
OWN_UV := $(CACHE)/uv-$(UV_VERSION)/bin/uv
UV := $(or $(shell command -v uv 2>/dev/null),$(OWN_UV))
ENVIRONMENT := $(or $(UV_PROJECT_ENVIRONMENT),.venv)
BIN := $(ENVIRONMENT)/bin
# Compiled once here and not again at every start.
export UV_COMPILE_BYTECODE := 1
# And so are this repository's own modules, which the tests start hundreds of processes of.
export PYTHONDONTWRITEBYTECODE :=
WORKERS ?= 4
PYTEST_ARGS ?=
MUTANTS ?=

# `exec` in the last line of a target: Ctrl-C then meets the program itself and not a shell around it.

.PHONY: help demo up test faults check audit bench scale mutants format clean
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: $(UV) ## play the story on a server that is started if none runs
	@$(UV) sync --quiet --locked --inexact --no-dev --extra embedded
	@exec $(BIN)/tessera demo

up: $(UV) ## run everything on this machine until Ctrl-C
	@$(UV) sync --quiet --locked --inexact --no-dev --extra embedded
	@exec $(BIN)/tessera up

test: $(UV) ## run all tests (PYTEST_ARGS=… to choose, WORKERS=… for how many at once)
	$(UV) sync --quiet --locked
	$(BIN)/python -m tests.support.obtained
	@exec $(BIN)/python -m pytest -n $(WORKERS) $(PYTEST_ARGS)

faults: export TESSERA_KILLS := $(or $(TESSERA_KILLS),200)
faults: export TESSERA_PROPOSALS := $(or $(TESSERA_PROPOSALS),300)
faults: $(UV) ## 200 kills under load, outages, 300 proposals at once, the long races (TESSERA_KILLS=…, TESSERA_PROPOSALS=…)
	$(UV) sync --quiet --locked
	$(BIN)/python -m tests.support.obtained
	@exec $(BIN)/python -m pytest tests/faults tests/races/test_own_writes.py tests/races/test_keys.py tests/e2e/test_many_proposals.py $(PYTEST_ARGS)

check: $(UV) ## everything that needs no server: format, lint, types, layers, documentation
	$(UV) sync --quiet --locked
	$(BIN)/ruff format --no-cache --check .
	$(BIN)/ruff check --no-cache .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest --quiet -n $(WORKERS) tests/docs/test_docs.py tests/architecture

audit: $(UV) ## look for known vulnerabilities in what is installed in production (needs the internet)
	$(UV) export --quiet --locked --no-dev --all-packages --all-extras --no-emit-workspace --no-hashes --output-file .audited.txt
	$(UV) tool run pip-audit --requirement .audited.txt --no-deps --disable-pip --strict; status=$$?; rm -f .audited.txt; exit $$status

format: $(UV) ## format and mend what can be mended
	$(UV) sync --quiet --locked
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(UV) ## measure; results in bench/
	$(UV) sync --quiet --locked
	@exec $(BIN)/python -m bench

scale: $(UV) ## measure thousands of open proposals on Temporal with Postgres (takes its time)
	$(UV) sync --quiet --locked
	@exec $(BIN)/python -m bench.scale

mutants: $(UV) ## break the engine at random places; do its tests notice? (MUTANTS="--size 300 --seed 7")
	$(UV) sync --quiet --locked
	@exec $(BIN)/python -m bench.mutants $(MUTANTS)

clean: ## remove what the tools left here; data in .tessera/ stays
	rm -rf $(ENVIRONMENT) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache mutants build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# uv in a place of its own, outside the checkout. Into a draft first: a half-made one is not used.
$(OWN_UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Tessera needs Python >= 3.11; \`$(PYTHON)\` is missing or older. Say PYTHON=<path>." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' || \
	  { echo "\`$(PYTHON)\` cannot make environments; on Debian install python3-venv, or install uv." >&2; exit 1; }
	@echo "Fetching uv $(UV_VERSION) into $(CACHE) (once)."
	@rm -rf $(CACHE)/uv-$(UV_VERSION)
	@$(PYTHON) -m venv $(CACHE)/uv-$(UV_VERSION)
	@$(CACHE)/uv-$(UV_VERSION)/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
