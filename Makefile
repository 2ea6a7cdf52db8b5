# Two commands do it all: `make run` (a live city in the browser) and `make test`.
# Everything is installed into .venv; hashes pin every package.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PAGE := hmi/static/index.html
PAGE_SOURCES := $(shell find hmi/web -type f -not -path '*/node_modules/*' 2>/dev/null)
PORT ?=

.PHONY: run test check format bench browser warmup wheel lock clean help

help:            ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/ -/'

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(BIN)/python requirements.lock pyproject.toml
	@echo "Installing Python packages (once, about a minute) ..."
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

$(PAGE): $(PAGE_SOURCES) $(VENV)/.run
	@sh tools/build_page.sh $(BIN)

warmup: $(VENV)/.run
	@$(BIN)/ringmain warmup

run: $(VENV)/.run $(PAGE)      ## install, make the example city, start everything, show the page
	@$(BIN)/ringmain demo $(if $(PORT),--port $(PORT))

browser:
	@sh tools/install_browser.sh

test: $(VENV)/.dev $(PAGE) browser      ## all tests, with coverage
	@$(BIN)/ringmain warmup
	COVERAGE_FILE=.coverage $(BIN)/python -m pytest --cov --cov-report=term --durations=10

check: $(VENV)/.dev $(PAGE)      ## formatter, linter, strict types, import contracts, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@sh tools/check_page.sh $(BIN)
	$(BIN)/python -m pytest -q

format: $(VENV)/.dev      ## let the formatter and the linter mend what they can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev      ## side by side with the peers, ratios printed
	@for f in benchmarks/*.py; do echo "== $$f"; $(BIN)/python $$f || exit 1; done

wheel: $(PAGE)      ## a wheel with the page inside
	$(BIN)/pip wheel --quiet --no-deps -w dist .

lock:      ## new lock files from pyproject.toml (needs uv)
	uv pip compile --quiet --generate-hashes --universal --no-annotate --no-header --extra dev pyproject.toml -o requirements-dev.lock
	uv pip compile --quiet --generate-hashes --universal --no-annotate --no-header -c requirements-dev.lock pyproject.toml -o requirements.lock

clean:      ## forget everything that was built or installed
	rm -rf $(VENV) hmi/static hmi/web/node_modules dist build .mypy_cache .ruff_cache .pytest_cache
