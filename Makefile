# Kenshin. `make` alone lists the targets.
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell command -v python3.11 2>/dev/null || echo python3)
UV := $(shell command -v uv 2>/dev/null || echo $(BIN)/uv)

# Where Python may not keep what it compiled, every process compiles all it imports anew: seconds.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install install-dev demo test test-scale fuzz check format lock results truth small-data bench-features bench-bulk bench-serving clean

help:  ## List the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# uv is used where it is installed; otherwise it comes into .venv by pip.
$(VENV)/.uv: $(BIN)/python
	@command -v uv >/dev/null 2>&1 || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@touch $@

# LightGBM loads the system's OpenMP library; slim images lack it.
$(VENV)/.openmp: $(BIN)/python
	@$(BIN)/python -c "import ctypes; ctypes.CDLL('libgomp.so.1')" 2>/dev/null \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && apt-get install -qq -y libgomp1; } \
	  || { echo "LightGBM needs the system's libgomp.so.1. Install it (Debian: sudo apt-get install libgomp1) and run make again." >&2; exit 1; }
	@touch $@

$(VENV)/.base: $(VENV)/.openmp $(VENV)/.uv requirements/base.txt pyproject.toml
	VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --require-hashes -r requirements/base.txt
	VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --no-deps --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.openmp $(VENV)/.uv requirements/dev.txt pyproject.toml
	VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --require-hashes -r requirements/dev.txt
	VIRTUAL_ENV=$(VENV) $(UV) pip install --quiet --no-deps --editable .
	@touch $@ $(VENV)/.base

install: $(VENV)/.base  ## Install what the application needs into .venv
install-dev: $(VENV)/.dev  ## Install what a developer needs into .venv

demo: install  ## Simulate a company, train, check the answers, score and serve it at :8000
	$(BIN)/kenshin demo

test: install-dev  ## Run the tests, the README's commands and the pages in a browser included
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not scale"

test-scale: install-dev  ## Run the long proofs: other engines, kills and outages, the image, the largest data set
	$(BIN)/python -m pytest -n 2 --dist loadfile -m scale

FUZZ ?=
fuzz: install-dev  ## Ask every route at least 10,000 generated requests (FUZZ="--seed N" repeats a run)
	$(BIN)/python -m tests.fuzz $(FUZZ)

check: install-dev  ## Format, lint, types and layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: install-dev  ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: $(VENV)/.uv  ## Lock the requirements with hashes
	for part in base dev build featuretools bentoml; do \
	  $(UV) pip compile --quiet --upgrade --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-header requirements/$$part.in -o requirements/$$part.txt >/dev/null; done

results: install-dev  ## Run every example over the public data sets and write docs/results.md
	$(BIN)/python -m benchmarks.results

truth: install-dev  ## Measure a model against the truth of a simulated company and write docs/simulator.md
	$(BIN)/python -m benchmarks.truth

small-data: install-dev  ## Measure scorecard and model at 0 to 200 leavers and write docs/small-data.md
	$(BIN)/python -m benchmarks.small_data

# Featuretools needs other versions than the application: an environment of its own, outside git.
build/featuretools/.installed: $(VENV)/.uv requirements/featuretools.txt
	$(PYTHON) -m venv --clear build/featuretools
	VIRTUAL_ENV=build/featuretools $(UV) pip install --quiet --require-hashes -r requirements/featuretools.txt
	@touch $@

# So does shap, beside which bulk scoring is measured.
build/shap/.installed: $(VENV)/.uv requirements/shap.txt
	$(PYTHON) -m venv --clear build/shap
	VIRTUAL_ENV=build/shap $(UV) pip install --quiet --require-hashes -r requirements/shap.txt
	@touch $@

bench-bulk: install-dev build/shap/.installed  ## Measure scoring of many rows with exact reasons, beside shap
	$(BIN)/python -m benchmarks.serving.bulk $(BENCH)

DATA ?= .cache/benchmarks
bench-features: install-dev build/featuretools/.installed  ## Measure the feature engine against its peers and write docs/benchmarks.md
	$(BIN)/python -m benchmarks.features.run --data $(DATA) $(BENCH)

# BentoML needs other versions than the application: an environment of its own, outside git.
build/bentoml/.installed: $(VENV)/.uv requirements/bentoml.txt
	$(PYTHON) -m venv --clear build/bentoml
	VIRTUAL_ENV=build/bentoml $(UV) pip install --quiet --require-hashes -r requirements/bentoml.txt
	@touch $@

bench-serving: install-dev build/bentoml/.installed  ## Measure the server against its peers and write docs/benchmarks-serving.md
	$(BIN)/python -m benchmarks.serving.run --data $(DATA) $(BENCH)

clean:  ## Remove what was built, the demo included
	rm -rf $(VENV) demo dist build .pytest_cache .mypy_cache .ruff_cache
