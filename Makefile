# Two commands matter: `make demo` and `make test`. Both set everything up first; the second time nothing is downloaded.

BIN := .venv/bin
INSTALLED := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help demo test check unit flow up down status bench soak setup clean

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' Makefile

demo: setup ## real input -> dataset -> tuned model -> untuned against tuned, about ten minutes
	@$(BIN)/journeyman up
	@$(BIN)/journeyman sample-files .journeyman/sample-files
	@$(BIN)/python -m infra.local exec -- prefect deployment run synth-and-tune/demo --watch || \
		{ echo "error: the run failed; its page and the worker's log are listed here:" >&2; \
		  $(BIN)/journeyman status >&2; exit 1; }
	@$(BIN)/journeyman summary

test: check unit flow ## everything the gate asks for

check: setup ## style, imports and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

unit: setup ## tests that need no server
	$(BIN)/pytest -n 2 -m "not flow and not slow"

# Each process has servers of its own; the tests of a file share its runs.
flow: setup ## tests on a real Prefect server and a real S3 server
	$(BIN)/pytest -n 2 --dist loadfile -m "flow and not slow"

up: setup ## start the local stack
	@$(BIN)/journeyman up

down: setup ## stop the local stack; its data stays
	@$(BIN)/journeyman down

status: setup ## what runs, and where
	@$(BIN)/journeyman status

bench: setup ## measure throughput, memory, accuracy and overhead
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints/cpu.txt -e '.[bench]'
	@set -e; for bench in benchmarks/bench_*.py; do echo "== $$bench"; $(BIN)/python "$$bench"; done

soak: setup ## the tests that take long
	$(BIN)/pytest -m slow

setup: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints/cpu.txt infra/local/setup.sh
	@infra/local/setup.sh
	@touch $@

clean: ## stop the stack and remove its data, the caches and .venv
	@if [ -x $(BIN)/journeyman ]; then $(BIN)/journeyman down; fi
	rm -rf .journeyman .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
