# Each target calls one tool; `make` alone lists them.
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin

.PHONY: help setup course site serve pdf linkcheck lab test lint bench lock wheel picture clean

help: ## list the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

course: site ## set up, build the site, run the grading workflow on a small made-up class
	$(BIN)/dlgrader demo

test: .venv/ready ## set up, run all tests
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

setup: .venv/ready ## make .venv/ with the pinned packages

.venv/ready: pyproject.toml constraints.txt tools/setup_env.py
	$(PYTHON) tools/setup_env.py

site: .venv/ready ## build the site into book/_build/html/ (PLAIN=1: without Python in its pages)
	$(BIN)/python tools/build_book.py $(if $(PLAIN),--plain)

serve: site ## show the site at http://localhost:8000 (PORT=… for another port)
	$(BIN)/python -m http.server --directory book/_build/html --bind 127.0.0.1 $(PORT)

pdf: site ## print the whole book into build/book.pdf (needs Chromium)
	$(BIN)/python tools/make_pdf.py

linkcheck: site ## ask every address outside the site whether it still answers
	$(BIN)/python tools/check_links.py

lab: .venv/ready ## open JupyterLab in this folder
	$(BIN)/jupyter lab

lint: .venv/ready ## check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell
	$(BIN)/python tools/check_scripts.py

bench: .venv/ready ## measure speed and memory, renew benchmarks/ (QUICK=1 tries it out in build/bench/)
	$(BIN)/python -m benchmarks $(if $(QUICK),--quick)

lock: .venv/ready ## renew constraints.txt from pyproject.toml (KEEP=1 only adds what is new)
	$(BIN)/python tools/lock.py $(if $(KEEP),--keep)

wheel: .venv/ready ## build the instructor's wheel into build/wheel/ (it holds the solutions)
	rm -rf build/lib build/bdist.* build/wheel
	$(BIN)/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir build/wheel .

picture: site ## renew the picture in the README
	$(BIN)/python tools/readme_picture.py

clean: ## remove .venv/ and everything built; exercises and submissions stay
	rm -rf .venv build book/_build node_modules
