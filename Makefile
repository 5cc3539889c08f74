# The tasks of this project. Each does its own set-up and needs make and Python only.

PYTHON ?= python3
RUN := .venv/bin/python
PROCESSORS = $(shell getconf _NPROCESSORS_ONLN)
# Percentage of lines and branches; raise it when it rises, never lower it.
COVERAGE = 94
OPENSEARCH_VERSIONS ?= 2.19.6 3.8.0
PYTEST := $(RUN) -m pytest --dist loadfile --no-loadscope-reorder
QUICK := $(PYTEST) -m "not emulator and not slow and not terraform" -n auto
# None has native code, so one package of each does for x86_64 and arm64.
FUNCTIONS := eventbridge_publisher opensearch_indexer stream_handler stream_handler_node

# Where Python may not keep what it compiles, each process of the tests would compile everything again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test emulator opensearch quick explore mutants lint docs docs-check build package provider-schema release wheel bench lock clean

help: ## list these tasks
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.current $(addprefix .venvs/,$(addsuffix /.current,docs ministack moto node security terraform-1.9)) ## create or update every environment

demo: .venv/.current .venvs/ministack/.current ## apply the smallest example to an AWS emulator and print what happens to its items
	@$(RUN) -m generator demo

test: setup lint package docs ## run every check, and every test but those of the next two tasks
	@echo "Comparing module/ with its specification ..."
	@$(RUN) -m generator build --check
	@echo "Running the quick tests, with coverage ..."
	@$(QUICK) --cov --cov-report=term --cov-fail-under=$(COVERAGE)
	@echo "Running the other tests; Terraform makes this a few minutes ..."
	@$(PYTEST) -m "(terraform or slow) and not emulator" -n $$(($(PROCESSORS) + 1))

# Tests with an emulator wait for the provider most of their time.
emulator: setup package ## run the tests that deploy pipelines to an AWS emulator, and change them
	@echo "Deploying pipelines to an AWS emulator ..."
	@$(PYTEST) -m emulator -n $$((3 * $(PROCESSORS)))

opensearch: .venv/.current ## run the indexer against real nodes of OpenSearch, which Maven downloads, or against OPENSEARCH_URL
	@$(RUN) -m tests.opensearch $(OPENSEARCH_VERSIONS)

quick: .venv/.current ## run the tests that need neither Terraform nor an emulator nor much time
	@$(QUICK) --hypothesis-profile=quick

explore: .venv/.current ## run the property tests with many new random examples (about 10 minutes)
	@$(RUN) -m pytest -m hypothesis --hypothesis-profile=explore -n auto

# Names with wildcards, such as ONLY='generator.mapping.filters*'. The results are kept in mutants/: the next run tests
# only mutants of code that has changed.
ONLY =
mutants: .venv/.current ## report how many changes of the code the quick tests notice (about 20 minutes)
	@.venv/bin/mutmut run $(ONLY) > mutants.log 2>&1 || { tail -n 20 mutants.log; exit 1; }
	@.venv/bin/mutmut results --all true | awk -F '[ .:]+' '$$NF != "checked" { tested[$$3]++; \
		noticed[$$3] += $$NF == "killed" || $$NF == "timeout" } END { for (part in tested) \
		printf "%-8s %d of %d noticed (%.1f %%)\n", part, noticed[part], tested[part], 100 * noticed[part] / tested[part] }'
	@echo "List the others: .venv/bin/mutmut results. Show one: .venv/bin/mutmut show NAME"

lint: .venv/.current ## check style, format, types, imports and spelling
	@echo "Checking style, format, types, imports and spelling ..."
	@$(RUN) -m ruff check --quiet
	@$(RUN) -m ruff format --check --quiet || { echo "To format the files: $(RUN) -m ruff format"; exit 1; }
	@$(RUN) -m mypy --no-error-summary
	@for function in eventbridge_publisher opensearch_indexer stream_handler; do \
		(cd lambda_src/$$function && ../../$(RUN) -m mypy --config-file ../../pyproject.toml --no-error-summary \
			--cache-dir ../../.mypy_cache/$$function handler.py) || exit; \
	done
	@.venv/bin/lint-imports --no-logo > /dev/null || .venv/bin/lint-imports --no-logo
	@.venv/bin/codespell
	@.venv/bin/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@.venv/bin/check-jsonschema --quiet --builtin-schema vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	@.venv/bin/check-jsonschema --quiet --builtin-schema vendor.github-issue-forms $(filter-out %/config.yml,$(wildcard .github/ISSUE_TEMPLATE/*.yml))

docs: .venvs/docs/.current ## write build/site, the documentation as a site
	@echo "Building the documentation ..."
	@NO_MKDOCS_2_WARNING=1 .venvs/docs/bin/mkdocs build --quiet

docs-check: docs ## look at the site in headless Chromium: contrast, headings, links, search (about 3 minutes)
	@command -v node >/dev/null && command -v npm >/dev/null || { \
		echo "Error: node, npm: not found. Install Node.js 20 or later, with npm, and Chromium." >&2; exit 1; }
	@cmp -s tests/docs/site/package-lock.json build/docs-check/package-lock.json || { \
		echo "Installing the packages of tests/docs/site ..."; rm -rf build/docs-check; mkdir -p build/docs-check; \
		cp tests/docs/site/*.json build/docs-check && npm ci --silent --ignore-scripts --no-audit --no-fund \
			--prefix build/docs-check || { rm -rf build/docs-check; exit 1; }; }
	@echo "Looking at the documentation ..."
	@node tests/docs/site/check.mjs build/site

build: .venv/.current ## write module/ from the specification
	@$(RUN) -m generator build

package: .venv/.current ## write dist/*.zip, the functions that ship with the module
	@mkdir -p dist
	@for function in $(FUNCTIONS); do \
		$(RUN) -m generator package lambda_src/$$function -o dist/$$function.zip || exit; \
	done

provider-schema: .venv/.current ## keep the arguments of the newest AWS provider, or of VERSION=6.40, and print what is new
	@$(RUN) -m tests.provider $(VERSION)

release: .venv/.current ## write dist/ddb_stream_lambda-*, the archives of this version, for URL, where they are published
	@$(RUN) -m generator release $(if $(URL),--url "$(URL)")

wheel: .venv/.current ## write dist/*.whl and dist/*.tar.gz, the tools to install
	@$(RUN) -m build --no-isolation --outdir dist

bench: .venv/.current .venvs/functions/.current ## measure the generator, the module and the functions
	@$(RUN) -m benchmarks

# Pins stay as they are unless a requirement changed; `make lock UPGRADE=--upgrade` renews them all.
COMPILE = UV_CUSTOM_COMPILE_COMMAND="make lock" $(RUN) -m uv pip compile --quiet --no-config --universal \
	--python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links $(UPGRADE)

lock: .venv/.current ## compile requirements/*.txt from pyproject.toml and requirements/*.in
	@echo "Resolving the requirements ..."
	@$(COMPILE) pyproject.toml --extra aws --extra local --group dev requirements/dev.in -o requirements/dev.txt
	@$(COMPILE) pyproject.toml requirements/docs.in -o requirements/docs.txt
	@$(COMPILE) requirements/functions.in -o requirements/functions.txt
	@$(COMPILE) requirements/ministack.in -o requirements/ministack.txt
	@$(COMPILE) requirements/moto.in -o requirements/moto.txt
	@$(COMPILE) requirements/security.in -o requirements/security.txt
	@$(COMPILE) requirements/terraform-1.9.in -o requirements/terraform-1.9.txt
	@npm install --prefix requirements/node --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund --loglevel=error

clean: ## remove everything that these tasks create, except module/
	rm -rf .venv .venvs dist build *.egg-info .coverage* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache mutants mutants.log
	find generator tests lambda_src -name __pycache__ -type d -prune -exec rm -rf {} +

# --- environments: the file .current is written last, so an interrupted installation is repeated ----------------------

# An environment whose Python no longer exists, because the system's was replaced, is created again too.
broken = $(if $(realpath $(1)/bin/python),,$(1)/missing)

.venv/.current: requirements/dev.txt $(call broken,.venv)
	$(install)

.venvs/docs/.current: requirements/docs.txt $(call broken,.venvs/docs)
	$(install)

.venvs/functions/.current: requirements/functions.txt $(call broken,.venvs/functions)
	$(install)

.venvs/ministack/.current: requirements/ministack.txt $(call broken,.venvs/ministack)
	$(install)

.venvs/moto/.current: requirements/moto.txt $(call broken,.venvs/moto)
	$(install)

.venvs/security/.current: requirements/security.txt $(call broken,.venvs/security)
	$(install)

.venvs/terraform-1.9/.current: requirements/terraform-1.9.txt $(call broken,.venvs/terraform-1.9)
	$(install)

# The AWS SDK that Lambda's Node.js runtimes have. Without npm, the tests that need it are skipped.
.venvs/node/.current: requirements/node/package.json requirements/node/package-lock.json
	@rm -rf $(@D) && mkdir -p $(@D) && cp $^ $(@D)
	@if command -v npm > /dev/null; then echo "Installing $< into $(@D), once ..."; \
		npm ci --prefix $(@D) --ignore-scripts --no-audit --no-fund --loglevel=error > /dev/null && touch $@; \
	else echo "npm is not on the PATH: the tests of the AWS SDK for JavaScript are skipped."; fi

%/missing: ;

define install
	@$(PYTHON) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "This needs Python 3.11 or newer with its venv module, and $(PYTHON) is not that:" \
			"install it, or name one with make PYTHON=/path/to/python3." >&2; exit 1; }
	@echo "Installing $< ($$(grep -c "^[^ \#].*==" $<) in all) into $(@D), once; this may take a minute ..."
	@rm -rf $(@D)
	@$(PYTHON) -m venv $(@D)
	@$(@D)/bin/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps -r $<
	@touch $@
endef
