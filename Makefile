# The one door: every task of this project, each with the setting up that it needs.
# A new machine needs Python 3.11 or newer, make and git; `make test` and `make bench` add Debian's packages as root.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
TOOLS  := $(VENV)/.tools
TESTS  ?= tests
JUDGES := .venv-judges

# An index of packages that is away for a minute must not fail a build: pip asks again, with growing pauses.
export PIP_RETRIES ?= 8
export PIP_DEFAULT_TIMEOUT ?= 60

.PHONY: help run test reloads stopped unit lint types docs docs-check bench ci clean

help:  ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: $(READY)  ## serve the sample app at http://127.0.0.1:8080
	$(BIN)/porch run examples/hello

test: $(TOOLS)  ## run the tests
	$(BIN)/python tools/test.py $(TESTS)

reloads: $(TOOLS)  ## reload each server twenty times under load
	RELOADS=20 $(BIN)/pytest tests/e2e/test_reload.py -k no_request_is_lost

stopped: $(TOOLS)  ## stop whoever reads the logs for a minute, under load
	READER_STOPS=60 $(BIN)/pytest tests/e2e/test_log_pressure.py -k reader_that_stops -n 2

unit: $(TOOLS)  ## run the quick tests only
	$(BIN)/pytest tests/unit tests/golden tests/architecture

lint: $(TOOLS)  ## style, and imports that go down only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(TOOLS)  ## mypy strict and pyright
	$(BIN)/mypy
	$(BIN)/pyright

docs: $(TOOLS)  ## write the generated pages
	$(BIN)/python tools/docs.py

docs-check: $(TOOLS)  ## are the generated pages current?
	$(BIN)/python tools/docs.py --check

bench: $(TOOLS)  ## measure side by side; writes docs/benchmarks.md
	$(BIN)/python bench/run.py

ci: lint types docs-check test reloads stopped  ## everything that must pass

clean:  ## remove what the targets made
	rm -rf $(VENV) $(JUDGES) .venv-bench .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist

$(READY): pyproject.toml tools/venv.sh tools/debian.sh
	sh tools/venv.sh $(PYTHON) $(VENV)
	$(BIN)/pip install --quiet --editable .
	$(BIN)/pip install --quiet flask
	$(BIN)/python -m compileall -q src  # so that the first start is as quick as the next, wherever pyc files are not written
	touch $@

$(TOOLS): $(READY) tools/machine.sh tools/judges.sh
	sh tools/machine.sh
	$(BIN)/pip install --quiet --editable '.[uwsgi,gevent,tls]' --group apps --group test --group lint
	sh tools/judges.sh $(BIN)/python $(JUDGES)
	$(BIN)/pip install --quiet --no-deps 'httpbin>=0.10.4'
	$(BIN)/python -m venv $(VENV)/judges  # their dependencies bound those of porch
	$(BIN)/pip --python $(VENV)/judges/bin/python install --quiet --group judges
	touch $@
