SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
# Quieter than --quiet: no warnings of the build, but errors
INSTALL := $(BIN)/python -m pip install -qq -c constraints.txt
export PATH := $(CURDIR)/$(BIN):$(PATH)

IS_NAMES = $(BIN)/python -c "import sys; from makemore_lit.corpora import load_corpus; sys.exit(None if load_corpus().name=='names' else 'make $@: needs the corpus names; see data/README.md')"

.PHONY: help install run test check chapter page fresh bench results mutants docs models export clean
.DEFAULT_GOAL := help

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "%-10s%s\n", $$1, $$2}' Makefile

# Everything is installed once, and again only when what it depends on has changed. All of pip's own settings apply.
.venv/installed: settings.ini setup.py constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "make: Python 3.11 or later is needed; name one: make PYTHON=python3.12 …")'
	@echo "installing into .venv (once; a few minutes)" >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	@$(INSTALL) pip setuptools wheel
	@$(INSTALL) --no-build-isolation -e '.[dev]'
	@touch $@

install: .venv/installed ## what the other targets need, in .venv (they see to it themselves)

run: .venv/installed ## the main job: train one model of each kind, compare them, sample names (two minutes or so)
	@$(BIN)/makemore_compare

test: .venv/installed ## export, check the modules and the book, run every notebook and tests/ (CORPUS=surnames: on no other)
	@$(BIN)/python tools/test.py $(if $(CORPUS),--corpus $(CORPUS))

check: .venv/installed ## the book's references, links, figures, docments, imports, versions (part of make test)
	@$(BIN)/python tools/check_book.py

chapter: .venv/installed ## make chapter N=05: execute one chapter, then clean, export and check it (SLOW=1: its slow cells too)
	@test -n "$(N)" || { echo "make chapter: which one? make chapter N=05" >&2; exit 2; }
	@$(BIN)/python tools/chapter.py $(if $(SLOW),--slow) $(N)

page: .venv/installed ## make page N=05: a page's length, share of code, and what is cut off (from _docs, or by nbconvert)
	@$(BIN)/python tools/page.py $(N)

fresh: .venv/installed ## run every chapter on names, and compare what it prints with what is stored in it (CHAPTER=05: one)
	@$(BIN)/python tools/fresh.py $(CHAPTER)

bench: .venv/installed ## this book's ways against the lectures', timed; a table, and _bench/bench.json
	@$(BIN)/python tools/bench.py

results: .venv/installed ## train what the chapter on results reads, each model once (hours; it goes on where it was stopped), and write data/results.json
	@$(IS_NAMES)
	@OMP_NUM_THREADS=1 TQDM_DISABLE=1 $(BIN)/python tools/results.py
	@$(BIN)/python tools/tables.py

mutants: .venv/installed ## plant errors in a copy of the chapters, and list those that no check sees (half an hour; CHAPTER=05: in one)
	@$(BIN)/python tools/mutants.py $(if $(CHAPTER),--chapter $(CHAPTER))

docs: .venv/installed ## the book as a site and an EPUB, in _docs
	@command -v quarto >/dev/null || $(INSTALL) quarto-cli >/dev/null 2>&1 && quarto --version >/dev/null 2>&1 || { \
	  echo "make docs: no Quarto, and it could not be fetched; install it from https://quarto.org/docs/get-started and try again" >&2; exit 2; }
	@$(BIN)/python tools/website.py

models: .venv/installed ## train the models that the package brings, on names, and write them to data/
	@$(IS_NAMES)
	@for m in bigram=bigram ngram=5-gram mlp=mlp wavenet=wavenet gru=gru; do $(BIN)/makemore_train names --model $${m%=*} --out data/$${m#*=}.safetensors || exit; done
	@$(BIN)/makemore_train names --model transformer --epochs 40 --dropout .05 --out data/transformer.safetensors
	@$(BIN)/python tools/bloom.py
	@$(BIN)/python tools/playdata.py

export: .venv/installed ## write the modules from the notebooks, and clean the notebooks
	@$(BIN)/nbdev_export
	@$(BIN)/nbdev_clean

clean: ## remove what was built (the .venv too; not _results, which takes hours to make)
	@rm -rf .venv _proc _docs _bench build dist *.egg-info .ruff_cache .mypy_cache .pytest_cache nbs/.hypothesis nbs/made nbs/{book,nbdev,sidebar}.yml
