# Two commands, each complete on a fresh machine with Python 3.11 to 3.13, make and git:
#   make corpus   set up, build and validate the corpus, print what was built
#   make test     set up, run every check and test
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
READY = $(VENV)/ready
# Tests run against the real Label Studio, in an environment of its own, since its pins differ from ours.
LABELSTUDIO = .venv-labelstudio/ready
# And against a Hub that others wrote, likewise.
OLAH = .venv-olah/ready
# A release is built anew in an environment that holds what drumbeat needs and no more, by another Python where there is one.
REBUILD = .venv-rebuild/ready
PEERS = .venv-peers/ready
OTHER = $(firstword $(foreach name,python3.13 python3.12 python3.11 $(PYTHON),$(shell $(name) -c 'import ensurepip, venv' 2>/dev/null && echo $(name))))

.PHONY: corpus test lint browser matrix bench bench-suggest clean
.DEFAULT_GOAL := corpus

corpus: $(READY)
	$(BIN)/drumbeat build
	$(BIN)/drumbeat validate

test: $(READY) $(LABELSTUDIO) $(OLAH) $(REBUILD) browser
	$(MAKE) lint
	$(BIN)/drumbeat validate
	$(BIN)/drumbeat build --check
	LABELSTUDIO=$(dir $(LABELSTUDIO))bin/label-studio OLAH=$(dir $(OLAH))bin/olah-cli REBUILD=$(abspath $(dir $(REBUILD))bin/python) \
	$(BIN)/pytest -n auto --dist loadgroup

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

# The same tests on every supported Python that is on the PATH as pythonX.Y.
matrix:
	for version in 3.11 3.12 3.13; do $(MAKE) test PYTHON=python$$version VENV=.venv-$$version || exit 1; done

# All measurements beside their peers, as benchmarks/RESULTS.md; peers have an environment of their own.
bench: $(PEERS)
	$(dir $(PEERS))bin/python -m benchmarks
	test -z "$$LABEL_STUDIO_URL" || $(dir $(PEERS))bin/python -m benchmarks.server

# Suggesters beside theirs, on the development sets in BENCH.
BENCH ?= ../shared/bench
bench-suggest: $(PEERS)
	$(dir $(PEERS))bin/python -m benchmarks.suggest --bench $(BENCH)

# Versions come from constraints.txt, so that everyone tests what CI tested.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[cluster,dev,ingest,labelstudio,nlp,spacy]'
	touch $(READY)

$(LABELSTUDIO):
	$(PYTHON) -m venv .venv-labelstudio
	.venv-labelstudio/bin/python -m pip install --quiet --disable-pip-version-check label-studio==1.23.2
	touch $(LABELSTUDIO)

$(OLAH):
	$(PYTHON) -m venv .venv-olah
	.venv-olah/bin/python -m pip install --quiet --disable-pip-version-check olah==0.5.4
	touch $(OLAH)

$(PEERS): pyproject.toml constraints.txt
	$(OTHER) -m venv .venv-peers
	.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[cluster,ingest,labelstudio,nlp,peers,training]'
	touch $(PEERS)

$(REBUILD): pyproject.toml constraints.txt
	$(OTHER) -m venv .venv-rebuild
	.venv-rebuild/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt .
	touch $(REBUILD)

# Debian's browser where it may be installed; without one the browser tests say so.
browser:
	@command -v chromium || command -v google-chrome || { test "$$(id -u)" = 0 && command -v apt-get && apt-get update -qq && \
	apt-get install -y -qq --no-install-recommends chromium fonts-noto-color-emoji; } || echo "no browser: install chromium to test with one"

clean:
	rm -rf .venv .venv-* dist
