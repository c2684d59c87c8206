# Everything a developer runs. Needs only make and Python 3.11 or newer; `make help` lists the targets.

PYTHON ?= python3
VENV ?= .venv
HOST ?= 127.0.0.1
PORT ?= 8000
ARGS ?=
EXAMPLES ?= 2000

BIN := $(VENV)/bin
# Prepares an environment once: without a change in pyproject.toml it returns before calling pip.
ENVIRONMENT := tools/environment.py
BATTERIES := --extra standard --extra sql --extra settings --extra metrics --extra jobs --extra limits --extra cache --extra deploy

.DEFAULT_GOAL := help
.PHONY: help python environment site-environment demo test lowest lint format stubs conformance differential campaign-metrics campaign-sql durable sweep browser deploy-proofs ray image ecosystem editors bench bench-wire bench-growth bench-prepared bench-service bench-shapes bench-connections bench-watched bench-durable ha fuzz harden plots docs docs-index docs-links docs-serve docs-version release wheels test-source clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  PYTHON=python3.12 chooses the interpreter, VENV=.venv-3.12 the environment,"
	@echo "  ARGS='...' is handed to the program behind test, conformance and bench."

python:
	@command -v $(PYTHON) >/dev/null 2>&1 || { \
		echo "pronghorn needs Python 3.11 or newer, and '$(PYTHON)' is not on the PATH." >&2; \
		echo "Name one that is: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "pronghorn needs Python 3.11 or newer, and '$(PYTHON)' is: `$(PYTHON) --version 2>&1 | head -n 1`" >&2; \
		echo "Name a newer one: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }

environment: python
	@$(PYTHON) $(ENVIRONMENT) $(VENV) --project . $(BATTERIES) --group dev

demo: environment ## Serve examples/shop on http://127.0.0.1:8000 (PORT=... for another port)
	@$(PYTHON) tools/docs_assets.py
	@echo "The shop is at http://$(HOST):$(PORT), its API documentation at http://$(HOST):$(PORT)/docs"
	@$(BIN)/python -m pronghorn db upgrade examples/shop/main.py
	@$(BIN)/python -m pronghorn run examples/shop/main.py --jobs --host $(HOST) --port $(PORT)

# Without PostgreSQL or Redis the tests that need it fail, each with the same advice.
test: environment ## Run the tests (ARGS="tests/public/test_sse.py -k ping" for a part)
	@$(PYTHON) -m tools.postgresql >/dev/null || true
	@$(PYTHON) -m tools.programs redis >/dev/null || true
	@$(BIN)/python -m pytest $(ARGS)

lowest: python ## Run the tests on the lowest versions of each dependency that pyproject.toml allows
	@$(PYTHON) -m tools.postgresql >/dev/null || true
	@$(PYTHON) $(ENVIRONMENT) .venv-lowest --lowest --project . $(BATTERIES) --extra granian \
		--extra opentelemetry --group test
	@.venv-lowest/bin/python -m pytest $(ARGS)

lint: environment ## Check style, format, types, layers, sizes and prose
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict pronghorn
	$(BIN)/mypy --strict pronghorn/*.pyi
	$(BIN)/python -m tools.stubs --check
	$(BIN)/lint-imports
	$(BIN)/python tools/check_sizes.py pronghorn
	$(BIN)/python tools/check_prose.py pronghorn benchmarks tools examples

format: environment ## Format the code and apply the safe fixes
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

stubs: environment ## Write the stubs that editors and type checkers read
	@$(BIN)/python -m tools.stubs

# The long forms of tests that `make test` has in seconds.
sweep: environment ## Fail and cancel a request at each of its awaits, in every shape, again and again; `ROUNDS=20`
	@PRONGHORN_SWEEP=$(or $(ROUNDS),20) $(BIN)/python -m pytest -q tests/run/test_sweep.py

campaign-sql: environment ## Break databases for minutes: 5,000 clients that vanish, 30 s of silence, 20 restarts
	@$(PYTHON) -m tools.postgresql >/dev/null
	@PRONGHORN_SQL_CLIENTS=5000 PRONGHORN_SQL_SECONDS=60 PRONGHORN_SQL_SILENCE=30 PRONGHORN_SQL_RESTARTS=20 \
		$(BIN)/python -m pytest tests/sql/test_vanishing_clients.py tests/sql/test_sqlite.py \
		tests/sql/test_broken_servers.py --timeout=300 $(ARGS)

durable: environment ## Kill, stop and cut off workers on three hosts, crash their database (ARGS="--only J2", ARGS=--short)
	@$(BIN)/python -m tests.durable $(ARGS)

ha: environment ## Kill, deploy and cut off one of three hosts under load, and measure how they grow (ARGS="--only kill", ARGS=--short)
	@$(BIN)/python -m tools.programs haproxy >/dev/null
	@$(BIN)/python -m tests.ha $(ARGS)

conformance: python ## Run FastAPI's own test suite on pronghorn (ARGS="tests/test_sse.py" for a part)
	@$(PYTHON) -m tools.conformance $(ARGS)

differential: environment ## Invent programs and compare with FastAPI (EXAMPLES=2000 of them, other ones each time)
	@PRONGHORN_DIFFERENTIAL=$(EXAMPLES) $(BIN)/python -m pytest tests/differential $(ARGS)

campaign-metrics: environment ## Kill workers under load and scrape meanwhile (DEATHS=30 of them on each server)
	@PRONGHORN_WORKER_DEATHS=$(or $(DEATHS),30) $(BIN)/python -m pytest tests/metrics/test_workers.py $(ARGS)

browser: python ## Open the documentation pages in Chromium (ARGS="-k redoc" for a part)
	@$(PYTHON) -m tools.programs chromium
	@$(PYTHON) tools/docs_assets.py --required
	@$(PYTHON) $(ENVIRONMENT) .venv-browser --project . --extra standard --extra sql --extra jobs --group browser
	@.venv-browser/bin/python -m pytest tests/browser $(ARGS)

# The base of the Dockerfile is an image made of Debian's packages; tools/image.py says what that proves.
image: environment ## Build the image of pronghorn new without Docker, and run its commands (root on Debian; ARGS="--db sqlite")
	@$(PYTHON) -m tools.postgresql >/dev/null || true
	@$(BIN)/python -m tools.image $(ARGS)

deploy-proofs: python ## Validate what pronghorn deploy writes with the schemas of others
	@$(PYTHON) $(ENVIRONMENT) .venv-proofs --project . --extra standard --extra sql --extra settings --extra metrics --extra deploy --group deploy-proofs
	@$(PYTHON) -m tools.programs haproxy sshd >/dev/null
	@.venv-proofs/bin/python -m pytest tests/deploy/proofs $(ARGS)

ray: python ## Serve programs from replicas on two local nodes of Ray (ARGS="-k stream" for a part)
	@$(PYTHON) $(ENVIRONMENT) .venv-ray --project . --extra standard --extra jobs --extra ray --group ray
	@.venv-ray/bin/python -m pytest tests/ray -W default $(ARGS)

ecosystem: python ## Run programs on libraries and the suites of applications (ARGS="sentry", ARGS=--reference)
	@$(PYTHON) -m tools.ecosystem $(ARGS)

editors: python ## Compare type checkers and editors with FastAPI (ARGS=--write updates the page)
	@$(PYTHON) -m tools.editors $(ARGS)

bench: python ## Compare with FastAPI, in process and without a network (ARGS=--check)
	@$(PYTHON) -m benchmarks.run $(ARGS)

bench-wire: python ## Requests per second over a socket, FastAPI, pronghorn and peers (ARGS=--core for ours only)
	@$(PYTHON) -m benchmarks.wire $(ARGS)

bench-durable: python ## Jobs beside other queues, and messages to 1,000 subscribers (ARGS=--quick)
	@$(PYTHON) -m benchmarks.durable $(ARGS)

bench-prepared: environment ## Processor time of reads from PostgreSQL: ORM, Core, prepared, driver (ARGS=--quick)
	@$(BIN)/python -m benchmarks.prepared $(ARGS)

bench-growth: python ## Time and memory of programs that grow, beside FastAPI (ARGS=--quick)
	@$(PYTHON) -m benchmarks.growth $(ARGS)

bench-service: python ## The shop as a production program with a database, beside others (ARGS=--quick, --check)
	@$(PYTHON) -m benchmarks.service $(ARGS)

bench-watched: python ## What Sentry, OpenTelemetry, Logfire, Prometheus and ddtrace add to a request (ARGS="--only sentry")
	@$(PYTHON) -m benchmarks.watched $(ARGS)

bench-shapes: python ## Streams, WebSocket, uploads, files and large bodies, beside FastAPI (ARGS=--quick)
	@$(PYTHON) -m benchmarks.shapes $(ARGS)

bench-connections: python ## Memory of 10,000 idle connections and open WebSockets (ARGS=--quick)
	@$(PYTHON) -m benchmarks.connections $(ARGS)

# .venv-wire has the reference and both servers.
harden: python ## Attack FastAPI on uvicorn and pronghorn on both servers, and count what breaks (ARGS="--only raw")
	@$(PYTHON) -m benchmarks.hardening $(ARGS)

fuzz: python ## Invent inputs for the readers of requests (SECONDS=60 for each target, ARGS="json wire", ARGS=--keep)
	@$(PYTHON) $(ENVIRONMENT) .venv-fuzz --project . $(BATTERIES) --extra granian --group fuzz
	@.venv-fuzz/bin/python -m tests.fuzz --seconds $(or $(SECONDS),60) $(ARGS)

plots: python ## Draw the plots, and write the figures of all pages, from benchmarks/results
	@$(PYTHON) -m benchmarks.plot

# MkDocs warns of its own future on every run.
site-environment: python
	@$(PYTHON) $(ENVIRONMENT) .venv-docs --project . --extra standard --extra opentelemetry --group site
MKDOCS := NO_MKDOCS_2_WARNING=1 PYTHONDONTWRITEBYTECODE=1 .venv-docs/bin/python -m

# mike starts `mkdocs` by its name, which does not look for modules in the working directory.
MIKE := PATH="$(CURDIR)/.venv-docs/bin:$$PATH" PYTHONPATH=. NO_MKDOCS_2_WARNING=1 mike

docs: site-environment ## Build the documentation as a site into build/site, and check every link inside it
	@$(MKDOCS) mkdocs build --strict
	@$(MKDOCS) tools.documentation.check build/site
	@echo "The site is in build/site; open build/site/index.html."

docs-serve: site-environment ## Show the documentation on http://127.0.0.1:8000 while you write it
	@$(MKDOCS) mkdocs serve --no-strict --dev-addr $(HOST):$(PORT) --watch pronghorn --watch examples

docs-index: python ## Write the tables of docs/index.md from docs/nav.toml
	@$(PYTHON) -m tools.documentation.index

docs-links: python ## Ask every external link of the pages whether it is still there (needs a network)
	@$(PYTHON) -m tools.documentation.external

docs-version: site-environment ## Add the site of a release to the local branch gh-pages (VERSION=0.2.0); nothing is pushed
	@test -n "$(VERSION)" || { echo "Name the release: make docs-version VERSION=0.2.0" >&2; exit 1; }
	@$(MIKE) deploy --update-aliases "$(VERSION)" latest
	@$(MIKE) set-default latest
	@echo "Version $(VERSION) is on the branch gh-pages. Publish it with: git push origin gh-pages"

release: release-environment ## Build and check a release, try it on each Python, write its notes
	@.venv-release/bin/python -m tools.release $(ARGS)

wheels: release-environment ## The same for a version that CHANGELOG does not name yet
	@.venv-release/bin/python -m tools.release --check $(ARGS)

test-source: release-environment ## Run the tests from the unpacked source distribution
	@.venv-release/bin/python -m tools.release --unpack build/source
	@$(MAKE) --no-print-directory -C build/source test VENV="$(CURDIR)/.venv-source"

.PHONY: release-environment
release-environment: python
	@$(PYTHON) $(ENVIRONMENT) .venv-release --project . --group release

clean: ## Remove environments, unpacked suites and caches
	rm -rf .venv .venv-* .conformance .ecosystem .mypy_cache .pytest_cache .ruff_cache .import_linter_cache dist build
