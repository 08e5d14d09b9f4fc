# `make` alone prints what there is.

PORT ?= 8000
PYTHON ?= python3
BIN = .venv/bin

help:
	@echo "make run       set up, load the demonstration, serve on http://127.0.0.1:$(PORT)/"
	@echo "make test      set up and run every test"
	@echo "make faults    set up and run the fault suite: servers killed, frozen, cut off, flooded"
	@echo "make check     lint, types and tests: what CI runs"
	@echo "make pictures  take the pictures of docs/looks.md again; STATES=\"desk page-paused\" takes some"
	@echo "make messages  update the message catalogues"
	@echo "make clean     remove the virtual environment and the state directory var/"

run: .venv/runtime
	$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/python manage.py collectstatic --no-input --verbosity 0
	PORT=$(PORT) $(BIN)/python manage.py demo
	PORT=$(PORT) $(BIN)/python manage.py serve

test: .venv/dev
	$(BIN)/python manage.py test

faults: .venv/dev
	$(BIN)/python -m tests.end_to_end.faults

check: lint types test

lint: .venv/dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: .venv/dev
	$(BIN)/mypy

pictures: .venv/dev
	$(BIN)/python -m tests.looks $(STATES)

messages: .venv/dev
	$(BIN)/python -m tools.messages

clean:
	rm -rf .venv var

.venv/runtime: requirements.txt
	$(PYTHON) -m venv .venv || { echo "On Debian: apt-get install python3-venv"; exit 1; }
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

.venv/dev: .venv/runtime requirements-dev.txt requirements-geometry.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

.PHONY: help run test faults check lint types pictures messages clean
