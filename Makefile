# The README's commands. PYTHON chooses the interpreter (3.11 or newer).
PYTHON ?= python3
VENV ?= .venv
MODEL ?= human-pbmc
BIN := $(VENV)/bin
WEB := runtime/web

.PHONY: help demo environment web test test-web test-versions test-image lint docs model clean

help:
	@echo "make demo   name, check and impute the cells in examples/, and a page to look at (installs the runtime only)"
	@echo "make web    build the page that does it in a browser; then: cellfill web (needs Node 20 or newer)"
	@echo "make environment   install everything, training too, into $(VENV); runs nothing"
	@echo "make test   install everything and run the tests"
	@echo "make test-web   the page's own checks and tests, in Node"
	@echo "make test-versions   the wheel's tests with the lowest and the newest versions, oldest and newest Python"
	@echo "make test-image   build the container's image and impute in it, where docker or podman is"
	@echo "make lint   ruff, mypy, and which room may import which"
	@echo "make model MODEL=human-pbmc DATA=FOLDER   train model_cards/MODEL again by its recipe"
	@echo "make docs   build the documentation into docs/_site (installs no TensorFlow)"
	@echo "make clean  remove what these made"

demo: $(VENV)/.runtime
	@mkdir -p demo-output
	@echo; echo "1. What are these 300 blood cells?"
	$(BIN)/cellfill annotate examples/pbmc_sorted_300.h5ad --model human-pbmc-types -o demo-output/typed.h5ad --force
	@echo; echo "2. Does the model that imputes fit them?"
	$(BIN)/cellfill check demo-output/typed.h5ad --model human-pbmc
	@echo; echo "3. Impute them."
	$(BIN)/cellfill impute demo-output/typed.h5ad --model human-pbmc -o demo-output/pbmc.h5ad --force
	@echo; echo "4. A page on all of it, with markers before and after."
	$(BIN)/cellfill report demo-output/typed.h5ad --model human-pbmc --labels cell_type --markers CD14,MS4A1,CD8B,NKG7 \
	    --output demo-output/report.html --force
	@echo; echo "Look at it: open demo-output/report.html in a browser."
	@echo "Then go on in scanpy. These lines are examples/go_on.py, and draw demo-output/umap.png:"; echo
	@sed -n 's/^./    &/; 3,$$p' examples/go_on.py
	@echo; echo "    source $(BIN)/activate && pip install scanpy && python examples/go_on.py"

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

environment: $(VENV)/.everything
	@echo "Everything is installed. Next: source $(BIN)/activate"

test: $(VENV)/.everything
	$(BIN)/python -m pytest --numprocesses auto

test-versions: | $(VENV)/.made
	$(BIN)/python tests/versions.py

test-image:
	$(PYTHON) tests/image.py

lint: $(VENV)/.everything
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=runtime/src:training/src $(BIN)/lint-imports --no-logo

docs: $(VENV)/.docs
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
	@echo "Installing the runtime into $(VENV), some 40 packages: a minute or two."
	@$(BIN)/python -m pip install --progress-bar off --editable 'runtime[cpu,h5ad,report]' > $(VENV)/.said 2>&1 & \
	    pip=$$!; seconds=0; while kill -0 $$pip 2>/dev/null; do sleep 1; seconds=$$((seconds + 1)); \
	    [ ! -t 2 ] || printf '\r%s packages found, %s s ' "$$(grep -c ^Collecting $(VENV)/.said)" $$seconds >&2; done; \
	    [ ! -t 2 ] || echo >&2; wait $$pip || { cat $(VENV)/.said >&2; exit 1; }
	@touch $@

# The site says what the code of both distributions says of itself; training's is read without what it trains with.
$(VENV)/.docs: runtime/pyproject.toml training/pyproject.toml | $(VENV)/.made
	$(BIN)/python -m pip install --quiet --editable 'runtime[cpu,h5ad,report,docs]'
	$(BIN)/python -m pip install --quiet --no-deps --editable training
	@touch $@

$(VENV)/.everything: runtime/pyproject.toml training/pyproject.toml | $(VENV)/.made
	$(BIN)/python -m pip install --quiet --editable 'runtime[cpu,h5ad,test]' --editable 'training[cpu,test]'
	@touch $@ $(VENV)/.runtime
