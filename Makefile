# Two commands matter: `make run` and `make test`. Both start from a fresh checkout with Python 3.11 and make alone.

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv pip
PACKAGES := accounts backoffice catalogue config encryption notifications privacy security world
export PORT

.DEFAULT_GOAL := help
.PHONY: help run test check faults refusals erasures bench lock tour snapshots

help: ## this list
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.runtime ## the whole site on http://127.0.0.1:8000 (PORT=…); Ctrl-C ends it, the data stays
	@$(BIN)/python manage.py up --port $(PORT)

test: $(VENV)/.tests ## the test suite; on PostgreSQL and Redis with DATABASE_URL and REDIS_URL set (ARGS="-k …")
	@$(BIN)/python -m pytest $(ARGS)

check: $(VENV)/.tests ## format, lint, templates, types, storeys, dependencies, deployment, migrations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	find . -path ./$(VENV) -prune -o -path '*templates/*.html' -print0 | xargs -0 $(BIN)/djade --target-version 5.2 --check
	$(BIN)/python -m tests.config.surroundings development $(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/python -m tests.config.surroundings production $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python -m tests.config.surroundings development $(BIN)/python manage.py makemigrations --check --dry-run

faults: $(VENV)/.tests ## 20,000 notices while workers are killed; needs PostgreSQL and Redis (ARGS="--restart '…'")
	@$(BIN)/python -m tests.notifications.faults $(ARGS)

erasures: $(VENV)/.tests ## a thousand members erased, and looked for in every place
	@ERASED=1000 $(BIN)/python -m pytest tests/privacy/erasure/test_markers.py --timeout 3600 $(ARGS)

refusals: $(VENV)/.tests ## 5,000 of 20,000 decline before and while they are sent news; needs PostgreSQL
	@$(BIN)/python -m tests.notifications.refusals $(ARGS)

bench: $(VENV)/.tests ## the benchmarks, peers beside us in the same run; needs PostgreSQL
	@$(UV) install --quiet --python $(BIN)/python --require-hashes -r benchmarks/requirements.txt
	@$(BIN)/python -m benchmarks $(ARGS)

tour: $(VENV)/.tests ## the screenshots of the README
	@$(BIN)/python -m tests.browser.tour

snapshots: $(VENV)/.tests ## renew what tests/snapshots keeps
	@SNAPSHOTS=write $(BIN)/python -m pytest tests/test_snapshots.py

lock: $(VENV)/.uv ## compile both lock files, with hashes
	$(UV) compile --quiet --generate-hashes --python-version 3.11.7 requirements.in -o requirements.txt
	$(UV) compile --quiet --generate-hashes --python-version 3.11.7 -c requirements.txt tests/requirements.in -o tests/requirements.txt
	$(UV) compile --quiet --generate-hashes --python-version 3.11.7 -c requirements.txt benchmarks/requirements.in -o benchmarks/requirements.txt

# Stamps: what is installed already is not looked at again until a lock file changes.
$(VENV)/.uv:
	@$(PYTHON) -c 'import sys; sys.exit("Hedgerow needs Python 3.11 or newer: make PYTHON=python3.11 …" if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	@touch $@

$(VENV)/.runtime: requirements.txt | $(VENV)/.uv
	@$(UV) install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.tests: requirements.txt tests/requirements.txt | $(VENV)/.uv
	@$(UV) install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.txt -r tests/requirements.txt
	@touch $@ $(VENV)/.runtime
