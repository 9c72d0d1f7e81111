# The README's commands. PYTHON chooses the interpreter (3.11 or newer).
PYTHON ?= python3
VENV ?= .venv
MODEL ?= human-pbmc
BIN := $(VENV)/bin
WEB := runtime/web

.PHONY: help demo web test test-web test-versions lint docs model clean

help:
	@echo "make demo   impute, name and place the cells in examples/ with bundled models (installs the runtime only)"
	@echo "make web    build the page that does it in a browser; then: cellfill web (needs Node 20 or newer)"
	@echo "make test   install everything and run the tests"
	@echo "make test-web   the page's own checks and tests, in Node"
	@echo "make test-versions   the wheel's tests with the lowest and the newest versions, oldest and newest Python"
	@echo "make lint   ruff, mypy, and which room may import which"
	@echo "make model MODEL=human-pbmc DATA=FOLDER   train model_cards/MODEL again by its recipe"
	@echo "make docs   build the documentation into docs/_site (installs everything)"
	@echo "make clean  remove what these made"

demo: $(VENV)/.runtime
	@mkdir -p demo-output
	$(BIN)/cellfill impute examples/pbmc_sorted_300.h5ad --model model_cards/human-pbmc \
	    --output demo-output/pbmc_imputed.h5ad --force
	$(BIN)/cellfill annotate demo-output/pbmc_imputed.h5ad --model model_cards/human-pbmc-types \
	    --output demo-output/pbmc_typed.h5ad --force
	$(BIN)/cellfill embed demo-output/pbmc_typed.h5ad --model model_cards/human-pbmc-types \
	    --output demo-output/pbmc.h5ad --force

web: $(VENV)/.runtime | $(WEB)/node_modules
	cd $(WEB) && npm run --silent build
	$(BIN)/python -m pip install --quiet --editable $(WEB)
	@echo "The page is built. Next: $(BIN)/cellfill web"

$(WEB)/node_modules: $(WEB)/package-lock.json
	@command -v npm >/dev/null || { echo "make web needs Node 20 or newer, with npm, and it is not here: https://nodejs.org" >&2; exit 2; }
	@node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' \
	    || { echo "make web needs Node 20 or newer; this is $$(node --version)" >&2; exit 2; }
	cd $(WEB) && npm ci --silent --ignore-scripts --no-audit --no-fund
	@touch $@

test-web: | $(WEB)/node_modules
	cd $(WEB) && npm run --silent check && npm run --silent test

test: $(VENV)/.everything
	$(BIN)/python -m pytest --numprocesses auto

test-versions: | $(VENV)/.made
	$(BIN)/python tests/versions.py

lint: $(VENV)/.everything
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=runtime/src:training/src $(BIN)/lint-imports --no-logo

docs: $(VENV)/.everything
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_site
	@echo "Open docs/_site/index.html"

model: $(VENV)/.everything
	@test -n "$(DATA)" || { echo "Say where the recipe's data are: make model MODEL=$(MODEL) DATA=FOLDER" >&2; exit 2; }
	$(BIN)/cellfill-train recipe training/recipes/$(MODEL).toml --data $(DATA) \
	    --out model_cards/$(MODEL) --force

clean:
	rm -rf $(VENV) demo-output docs/_site .pytest_cache .mypy_cache .ruff_cache
	rm -rf $(WEB)/node_modules $(WEB)/build $(WEB)/cellfill_web/page

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.runtime: runtime/pyproject.toml | $(VENV)/.made
	$(BIN)/python -m pip install --quiet --editable 'runtime[cpu,h5ad]'
	@touch $@

$(VENV)/.everything: runtime/pyproject.toml training/pyproject.toml | $(VENV)/.made
	$(BIN)/python -m pip install --quiet --editable 'runtime[cpu,h5ad,test]' --editable 'training[cpu,test]'
	@touch $@ $(VENV)/.runtime
