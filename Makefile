# Each target is one line that can be typed by hand; `make` alone lists them.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python

.PHONY: help notebooks lab progress check update test test-browser bench clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /: /'

notebooks: $(VENV)/installed  ## build notebooks/ and solutions/ from notebooks_src/
	@$(RUN) -m praktikum build

lab: notebooks  ## open the notebooks in JupyterLab
	@$(RUN) -m praktikum lab

progress: $(VENV)/installed  ## say what is solved and what is next
	@$(RUN) -m praktikum progress

check: $(VENV)/installed  ## run your notebooks against the course's checks
	@$(RUN) -m praktikum check

update: $(VENV)/installed  ## bring the new version of the course; your answers stay
	@$(RUN) -m praktikum update

test: $(VENV)/installed-dev notebooks  ## the same, then every test: builder, checks, stubs, solutions
	$(RUN) -m pytest --nbval -n auto --dist loadscope --no-loadscope-reorder

test-browser: $(VENV)/installed-dev notebooks  ## open the notebooks in JupyterLab in a browser (Chromium) and use them
	$(RUN) -m pytest tests/browser.py

bench: $(VENV)/installed-dev  ## compare the speed of Value with micrograd; grade a class of 60
	$(RUN) tests/bench_value.py
	$(RUN) tests/bench_class.py

clean:  ## remove the virtual environment and the caches; notebooks stay
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis

$(VENV)/installed: requirements.txt
	@command -v $(PYTHON) >/dev/null || { echo "Не найден $(PYTHON): поставьте Python 3.10–3.13 с python.org"; exit 1; }
	@$(PYTHON) -m praktikum install
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed
	@$(PYTHON) -m praktikum install --dev
	@touch $@
