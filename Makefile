# Two commands: `make report` (the example study) and `make test`. Both make the environment first.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && echo $$p && break; done)
CORES ?= all
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help env report test lint benchmark lock clean

help:
	@echo "make report     install, then run the example study into results/example/"
	@echo "make test       install, then run every check and test"
	@echo "make benchmark  rewrite the tables of benchmarks/README.md"
	@echo "make lock       solve requirements.lock again (maintainers)"

env: .venv/.installed

# The stamp is written last, so an interrupted installation is done again.
.venv/.installed: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "popmargin needs Python 3.11, 3.12 or 3.13; set PYTHON=/path/to/python"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

report: env
	$(BIN)/snakemake --cores $(CORES) --workflow-profile workflow/profiles/default
	@echo "The report is results/example/report.html"

test: env lint
	$(BIN)/pytest -q --numprocesses 2 --dist worksteal

lint: env
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/snakemake --lint

benchmark: env
	$(BIN)/python -m benchmarks

# uv solves for every platform at once; the lock itself needs only pip to be installed.
lock:
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
		--generate-hashes --no-header --quiet --output-file requirements.lock

clean:
	rm -rf results .snakemake
