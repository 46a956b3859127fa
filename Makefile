# Each target is one line that can be typed by hand; `make` alone lists them.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python

.PHONY: help notebooks lab progress check update cards test test-browser mutants bench clean broken

help:  ## перечислить команды
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /: /'

notebooks: $(VENV)/installed  ## поставить всё нужное и собрать тетради
	@$(RUN) -m praktikum build

lab: $(VENV)/installed  ## открыть практикум в JupyterLab
	@$(RUN) -m praktikum lab

progress: $(VENV)/installed  ## сказать, что решено и что дальше
	@$(RUN) -m praktikum progress

check: $(VENV)/installed  ## проверить все ваши ответы
	@$(RUN) -m praktikum check

update: $(VENV)/installed  ## получить новую версию практикума, ответы останутся
	@$(RUN) -m praktikum update

cards: $(VENV)/installed  ## записать вопросы раздела 7 колодой для Anki
	@$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements-cards.txt
	@$(RUN) -m praktikum cards

test: $(VENV)/installed-dev notebooks  ## то же, что notebooks, и все тесты: сборки, проверок, решений
	$(RUN) -m pytest --nbval -n auto --dist loadscope --no-loadscope-reorder

test-browser: $(VENV)/installed-dev notebooks  ## открыть тетради в браузере (Chromium) и поработать в них
	$(RUN) -m pytest tests/browser.py

mutants: $(VENV)/installed-dev  ## испытать проверки: make mutants OF="03_char_lm dropout", без OF — все
	$(RUN) -m praktikum mutants $(OF)

bench: $(VENV)/installed-dev  ## измерить скорость движка, проверки класса и разделов
	$(RUN) tests/bench_value.py
	$(RUN) tests/bench_class.py
	$(RUN) tests/bench_sections.py

clean:  ## удалить окружение и временное; тетради останутся
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis

$(VENV)/installed: requirements.txt praktikum/install.py $(if $(realpath $(RUN)),,broken)
	@command -v "$(PYTHON)" >/dev/null || { echo "Не найден $(PYTHON): поставьте Python 3.10–3.13 с python.org"; exit 1; }
	@"$(PYTHON)" -m praktikum install
	@touch $@

$(VENV)/installed-dev: requirements-dev.txt $(VENV)/installed
	@"$(PYTHON)" -m praktikum install --dev
	@touch $@
