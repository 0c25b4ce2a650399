# Everything a developer or a fresh machine needs; each target sets up what it lacks.
#
#   make demo     servers, ingest, dashboard and a walking athlete; Ctrl-C stops all of it
#   make test     every test; ARGS="-k words" for some
#   make check    style, import contracts and types of Python and of the browser's code; `make test` begins with it
#   make lint types browser bench
#   make faults   what breaks, and the proof that nothing is lost by it; ARGS="--short" for a minute of it
#   make soak     ten minutes at 5,000 frames a second, with viewers who come and go; ARGS="--minutes 1" for a short one
#   make hour     the session page on an hour of two insoles: seconds to overview, any moment, each tab, the report;
#                 and all measures of two hours: seconds and memory of one core
#   make long     the tests that `make test` leaves out because they take long beside what they show
#   make matrix   the wheel on every Python found here, newest and lowest versions: the core alone, its demo until it has
#                 stored frames, every extra; says which Pythons there are, and sizes on the disk.
#                 ARGS="--python 3.13 --versions lowest" for one of them
#   make release  sdist and wheel in build/release, with their contents and metadata checked; nothing is published
#   make docs     the documentation as a site, in build/docs, which the dashboard then has at /docs
#   make pictures the pages that the browser tests visit, kept under build/screenshots; ARGS="-k compare" for some
#   make walk     the pictures of docs/walk.md anew, from a laboratory that is started for them
#   make testday  twelve simulated athletes through a test day, from the roster to the report: is each trial there, and as it
#                 was done? ARGS="--athletes 5" for a shorter one
#   make mutants  the numbers' code made wrong in a thousand ways: does a test fail each time? ARGS="'analytics.gait*'"
#   make lock     locked.txt and locked-image.txt, what set-up and image install, by pyproject.toml and constraints.txt
#   make sbom     bills of materials (CycloneDX) in build/sbom: of the images, and of this environment
#   make audit    are weaknesses known of what is locked? Needs a network, and says so
#   make images   the steps of the Dockerfile without a container engine, and the services of compose.yaml out of them
#   make secrets  passwords and the master key for compose.yaml, once
#   make rotate   new passwords for all that compose.yaml runs, which it is started with anew

# Where bytecode is not to be kept, each of some hundred processes of the tests compiles all modules anew.
export PYTHONDONTWRITEBYTECODE :=

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup demo test check lint types browser bench bench-live faults soak hour long matrix release mutants docs pictures walk testday lock sbom audit images secrets rotate clean

VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.barograph
ARGS ?=
COMPOSE ?= docker compose

help:
	@sed -n 's/^#   //p' Makefile

setup: $(STAMP)

# `--version` is not enough: a shim may answer for a Python that is not there, and Debian splits off `ensurepip`.
$(STAMP): pyproject.toml locked.txt
	@usable='import sys, ensurepip; sys.exit(sys.version_info < (3, 11))'; python=; \
	for each in $(PYTHON) python3.11 python3.12 python3.13 python3; do \
	  if "$$each" -c "$$usable" 2>/dev/null; then python="$$each"; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "Python 3.11 or later with its venv module is needed, and none of python3.11, python3.12, python3.13, python3" \
	    "is that (python3 here: $$(python3 --version 2>&1 | head -n 1)). On Debian or Ubuntu:" \
	    "apt-get install python3.11-venv. Elsewhere: make setup PYTHON=/path/to/python" >&2; exit 1; \
	fi; \
	[ -x $(PY) ] || "$$python" -m venv $(VENV)
	@echo "Installing into $(VENV), which takes a minute or two"
	@$(PY) .ci/install.py
	@$(PY) .ci/system_packages.py --only libraries || true
	@touch $@

demo: setup
	@exec $(VENV)/bin/barograph demo $(ARGS)

# Debian's packages come from the network while mypy keeps one core busy; whichever fails, the other is waited for.
test: setup
	@$(PY) .ci/system_packages.py & packages=$$!; \
	if ! $(PY) .ci/check.py; then wait $$packages || true; exit 1; fi; \
	wait $$packages
	$(PY) -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder \
	  --reruns 1 --max-suite-reruns 10 --rerun-show-tracebacks --rerun-exclude-path tests/faults $(ARGS)

check: setup
	$(PY) .ci/check.py

lint: setup
	$(PY) .ci/check.py --only ruff format imports compose

types: setup
	$(PY) .ci/check.py --only mypy

browser: setup
	$(PY) .ci/check.py --only eslint tsc

bench: setup
	$(PY) tests/benchmarks/run.py $(ARGS)

bench-live: setup
	@$(PY) .ci/system_packages.py
	$(PY) tests/benchmarks/bench_live.py $(ARGS)

faults: setup
	@$(PY) .ci/system_packages.py --only balancer
	$(PY) tests/faults/run.py $(ARGS)
	BAROGRAPH_FAULTS=1 BAROGRAPH_ERASURES=$(if $(ARGS),2,10) $(PY) -m pytest tests/faults/test_erasing.py tests/faults/test_archiving.py tests/faults/test_batch.py tests/system/test_alerts.py \
	  tests/barograph/cli/test_service_users.py

soak: setup
	$(PY) tests/benchmarks/soak.py $(ARGS)

hour: setup
	$(PY) tests/benchmarks/bench_session.py 3600
	$(PY) tests/benchmarks/two_hours.py

long: setup
	@$(PY) .ci/system_packages.py
	BAROGRAPH_LONG=1 $(PY) -m pytest -m long $(ARGS)

matrix: setup
	$(PY) tests/system/matrix.py $(ARGS)

release: setup
	$(PY) .ci/release.py $(ARGS)

docs: setup
	NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --clean $(ARGS)

pictures: setup
	@$(PY) .ci/system_packages.py
	BAROGRAPH_PICTURES=1 $(PY) -m pytest --numprocesses 2 --dist loadfile tests/browser $(ARGS)

walk: setup
	$(PY) tests/browser/walk.py

testday: setup
	$(PY) tests/browser/testday.py $(ARGS)

# It works on a copy one directory deeper, from where the vendors' recordings would not be found.
mutants: setup
	HYPOTHESIS_PROFILE=mutants BAROGRAPH_VENDOR_DATA="$${BAROGRAPH_VENDOR_DATA:-$(CURDIR)/../shared/data/vendor}" \
	  $(VENV)/bin/mutmut run --max-children 2 $(ARGS)
	$(PY) tests/mutants.py

lock: setup
	@$(PY) .ci/lock.py $(ARGS)

sbom: setup
	@$(PY) .ci/sbom.py

audit: setup
	@$(PY) .ci/audit.py

# The directory keeps others out; the files are readable, because each container reads them as a user of its own.
# What nothing depends on that runs already is added at any time.
secrets:
	@umask 022; mkdir -p -m 700 secrets; cd secrets; for name in barograph_metrics_token grafana_password; do \
	  [ -e $$name ] || head -c 32 /dev/urandom | base64 | tr -d '/+=\n' > $$name; done
	@[ ! -e secrets/owner_mongo_url ] || { echo "secrets/ is there already: what runs with it would not know new passwords" >&2; exit 1; }
	@umask 022; cd secrets; word() { head -c 32 /dev/urandom | base64 | tr -d '/+=\n'; }; \
	address() { printf 'mongodb://%s:%s@mongo:27017/?authSource=admin&replicaSet=barograph' "$$1" "$$2"; }; \
	[ -e barograph_master_key ] || { master=$$(head -c 32 /dev/urandom | base64); \
	  name=$$({ printf 'barograph master key\0'; base64 -d <<< "$$master"; } | sha256sum | cut -c 1-16); \
	  printf '{"version": 1, "current": "%s", "keys": {"%s": "%s"}}' "$$name" "$$name" "$$master" > barograph_master_key; }; \
	[ -e mongo_keyfile ] || head -c 96 /dev/urandom | base64 | tr -d '\n' > mongo_keyfile; \
	for name in mongo_root_password valkey_password barograph_secret_key; do [ -e $$name ] || word > $$name; done; \
	for name in ingest dashboard summaries frames; do address barograph_$$name "$$(word)" > $${name}_mongo_url; done; \
	address root "$$(< mongo_root_password)" > owner_mongo_url; \
	printf 'redis://:%s@valkey:6379/0' "$$(< valkey_password)" > barograph_redis_url; \
	printf 'requirepass %s\nsave ""\nappendonly no\nmaxmemory 512mb\nmaxmemory-policy allkeys-lru\nlazyfree-lazy-eviction no\n' \
	  "$$(< valkey_password)" > valkey_conf
	@echo "secrets/ made; now: docker compose up --build"

# What is stored is of no other key by it: for that, `docker compose run --rm owner keys rotate`. Who is signed in signs in again.
ROTATED := mongo_root_password owner_mongo_url ingest_mongo_url dashboard_mongo_url summaries_mongo_url frames_mongo_url \
  valkey_password valkey_conf barograph_redis_url barograph_secret_key barograph_metrics_token
USERS := users --own-url-file=/next/owner_mongo_url $(foreach name,ingest dashboard summaries frames,--url-file=$(name)=/next/$(name)_mongo_url)

rotate:
	@[ -e secrets/owner_mongo_url ] || { echo "no secrets/ yet: make secrets" >&2; exit 1; }
	@rm -rf secrets/next; umask 022; mkdir secrets/next; cp Makefile secrets/next/
	@$(MAKE) --silent --directory secrets/next secrets > /dev/null
	@mv secrets/next/secrets/* secrets/next/; rm -r secrets/next/secrets secrets/next/Makefile
	$(COMPOSE) run --rm --volume ./secrets/next:/next:ro owner $(USERS)
	@cd secrets/next; mv $(ROTATED) ..; cd ..; rm -r next
	$(COMPOSE) up --detach --force-recreate

images: setup
	$(PY) tests/system/images.py $(ARGS)

clean:
	rm -rf build node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache mutants *.egg-info
