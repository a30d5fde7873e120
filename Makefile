# git, make and python3 >= 3.11 with venv are all that is needed: everything else is set up here.
PYTHON ?= python3
BIN := .venv/bin
export PYTHONPATH := .
unexport PYTHONDONTWRITEBYTECODE # what every process compiles anew costs more than the tests

.PHONY: demo run install dev test fuzz check format bench translations picture lock

demo: .venv/.run ## the whole product on this machine, without a Google account
	@exec $(BIN)/python -m demo

run: .venv/.run ## the production server, configured by the environment
	@exec $(BIN)/flask --app app serve

install: .venv/.run ## what the server needs, as this version has it

.env.example: widget/config.py widget/config.toml | .venv/.run ## every variable, from what config.toml says of it
	@$(BIN)/python -c 'from widget import config; print(config.example(), end="")' > $@

dev: .venv/.dev ## what tests and checks need

test: .venv/.dev ## every test that this machine can run
	@$(BIN)/pytest -n auto --dist worksteal $(ARGS)

fuzz: .venv/.dev ## 50,000 requests of all kinds, on both databases; FUZZ=1000 for fewer
	@FUZZ=$${FUZZ:-25000} $(BIN)/pytest -n 0 -s tests/api/test_schemathesis.py tests/test_fuzz.py

check: .venv/.dev ## formatter, linter, types, import directions
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: .venv/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/.dev ## figures, each with what it was measured against
	@$(BIN)/python -m bench $(ARGS)

translations: .venv/.dev ## translations/*.po, as messages are now; ARGS=sv adds a language
	@$(BIN)/python -m translations.update $(ARGS)

picture: .venv/.dev ## docs/widget.png and docs/settings.png, the pictures in the README
	@$(BIN)/python -m demo.picture docs

lock: .venv/.dev ## requirements*.txt from pyproject.toml, with hashes and without index lines
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url pyproject.toml --group dev -o requirements-dev.txt

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Meetslot needs Python 3.11 or newer (PYTHON=python3.12 make ...)"; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/.run: requirements.txt | .venv/bin/python
	@echo "Setting up .venv (once) ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/.dev: .venv/.dev-0 .venv/.dev-1
	@touch $@ .venv/.run

# Half of them each: pip looks long for every package, and `make -j2 dev` does it on two cores.
.venv/.dev-%: requirements-dev.txt | .venv/bin/python
	@echo "Setting up .venv for development (once, half $* of 0 and 1) ..."
	@awk '/^[^ ]/ { n++ } n % 2 == $*' requirements-dev.txt | $(BIN)/python -m pip install -q \
	  --no-compile --no-deps --disable-pip-version-check --require-hashes -r /dev/stdin
	@touch $@
