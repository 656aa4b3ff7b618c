# What a developer runs. CI runs .ci/run, which ends in the same tests.
PYTHON = .venv/bin/python

check:  ## everything that must hold before a commit
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	$(PYTHON) build.py
	git diff --exit-code dist
	$(PYTHON) -m pytest

lock:  ## renew requirements.lock from setup.cfg (needs uv)
	uv pip compile setup.cfg --all-extras --generate-hashes --universal --python-version 3.11 \
	  --custom-compile-command "make lock" --upgrade -o requirements.lock

.PHONY: check lock
