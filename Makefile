# Tessera: what a developer types. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
export PORT ?= 3000
AWS_PORT ?= 4566
PROGRAMME ?= layers/tessera/tessera/programme/programme.yaml
SEEDS ?= 100
SCENARIO ?= life
RUNTIME ?= python3.13
ARCH ?= arm64
MEMBERS ?= 1000
VISITS ?= 100
REQUESTS ?= 100000
HTTP ?= 5000
CLIENTS ?= 1 16 64
SECONDS ?= 30
MINUTES ?= 10
RATE ?= 3
KILL_EVERY ?= 2

# Nothing else may run beside it: it measures time.
TIMED := tests/budgets/test_import_cost.py

UV := $(CURDIR)/.uv/bin/uv
DEV := .venv/bin
STACK := .venv-stack/bin
# A checkout's commands use its own environments, whatever is active in the shell that calls make.
unexport VIRTUAL_ENV AWS_PROFILE AWS_DEFAULT_PROFILE
# Trust whom the system trusts: a company's own certificate authority too.
export UV_SYSTEM_CERTS := 1

.PHONY: help setup run token schedule redrive logs replay test simulate sabotage races mutate bench-tiers bench-checkout \
  bench-start bench-load load-with-kills cost fuzz check policy build artefact programme openapi breaking events lock clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

# ---------------------------------------------------------------------------------------------------------------------
# Environments, each exactly what its lock says
# ---------------------------------------------------------------------------------------------------------------------

setup: .venv/.locked .venv-stack/.locked ## Make both environments from the locks (the other targets do it when needed)

.uv/.locked: requirements/uv.txt
	@echo "Setting up uv"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed (PYTHON=...)")'
	@$(PYTHON) -m venv .uv
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.venv/.locked: requirements/dev.txt .uv/.locked
	@echo "Setting up .venv: tests and checks"
	@$(UV) venv --quiet --clear --python $(PYTHON) .venv
	@$(UV) pip sync --python .venv --require-hashes $<
	@touch $@

.venv-stack/.locked: requirements/stack.txt .uv/.locked
	@echo "Setting up .venv-stack: the local stack"
	@$(UV) venv --quiet --clear --python $(PYTHON) .venv-stack
	@$(UV) pip sync --python .venv-stack --require-hashes --compile-bytecode $<
	@touch $@

# checkov's, in an environment of its own: it pins packages that exclude what the tests need.
.venv-policy/.locked: requirements/policy.txt .uv/.locked
	@echo "Setting up .venv-policy: checkov"
	@$(UV) venv --quiet --clear --python $(PYTHON) .venv-policy
	@$(UV) pip sync --python .venv-policy --require-hashes $<
	@touch $@

# What Lambda's own runtime has, and nothing else: what was built has to start on that.
.venv-runtime/.locked: requirements/runtime.txt .uv/.locked
	@echo "Setting up .venv-runtime: Lambda's runtime"
	@$(UV) venv --quiet --clear --python $(PYTHON) .venv-runtime
	@$(UV) pip sync --python .venv-runtime --require-hashes --compile-bytecode $<
	@touch $@

# mutmut's, in an environment of its own: it needs what `sam` pins to another version.
.venv-mutation/.locked: requirements/mutation.txt .uv/.locked
	@echo "Setting up .venv-mutation: mutmut"
	@$(UV) venv --quiet --clear --python $(PYTHON) .venv-mutation
	@$(UV) pip sync --python .venv-mutation --require-hashes $<
	@touch $@

# A second DynamoDB, for the measurements alone: without npm they run on the local stack's.
.dynoxide/.locked: requirements/dynoxide.json .venv/.locked
	@echo "Setting up Dynoxide"
	@$(DEV)/python -m local.dynoxide && touch $@ || echo "Measuring on MiniStack instead"

lock: .uv/.locked ## Resolve the *.in files again, the layer's first: the others take its versions
	@for name in layers/dependencies/requirements requirements/uv requirements/stack requirements/dev requirements/policy \
	  requirements/runtime requirements/mutation; do \
	  (cd $$(dirname $$name) && $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 \
	    --generate-hashes --no-emit-index-url --custom-compile-command 'make lock' \
	    $$(basename $$name).in --output-file $$(basename $$name).txt); \
	done

# ---------------------------------------------------------------------------------------------------------------------
# The local stack
# ---------------------------------------------------------------------------------------------------------------------

run: .venv-stack/.locked programme ## Serve the whole product at http://127.0.0.1:3000 (PORT, AWS_PORT, PROGRAMME)
	@exec $(STACK)/python -m local.run --port $(PORT) --aws-port $(AWS_PORT) --programme "$(PROGRAMME)"

token: .venv-stack/.locked ## Print an access token: make -s token SUB=alice SCOPES=tessera/member,tessera/shop
	@$(STACK)/python -m local.tokens --sub "$(SUB)" --scopes "$(SCOPES)" --aws-port $(AWS_PORT)

schedule: .venv-stack/.locked ## Run a scheduled function: make schedule NAME=nightly AT=2027-01-01T00:00:00Z
	@$(STACK)/python -m local.schedule "$(NAME)" $(if $(AT),--at "$(AT)")

redrive: .venv-stack/.locked ## Send the dead letters back to the queues they came from
	@$(STACK)/python -m local.redrive

logs: .venv-stack/.locked ## Show what the functions have logged
	@$(STACK)/python -m local.logs

replay: .venv-stack/.locked ## Load history: make replay FILE=orders.ndjson.gz
	@PYTHONPATH=layers/tessera $(STACK)/python -m local.replay "$(FILE)"

# ---------------------------------------------------------------------------------------------------------------------
# Tests, checks, build
# ---------------------------------------------------------------------------------------------------------------------

test: setup .dynoxide/.locked .venv-runtime/.locked ## Run every test; the stack tests start a stack of their own
	@$(DEV)/python -m pytest $(TIMED) -q
	@$(DEV)/python -m pytest --ignore $(TIMED) -n 3 --dist loadscope --no-unused-permissions

simulate: setup ## Run the functions over a store that fails: make simulate SEEDS=1000 SCENARIO=stock, or SEED=17
	@AWS_DEFAULT_REGION=eu-west-2 PYTHONPATH=layers/tessera $(DEV)/python -m tests.simulation \
	  --scenario $(SCENARIO) $(if $(SEED),--seed $(SEED),--seeds $(SEEDS))

sabotage: setup ## Break rules on purpose, and see which check of the simulation notices
	@AWS_DEFAULT_REGION=eu-west-2 PYTHONPATH=layers/tessera $(DEV)/python -m tests.simulation.mutants

races: setup .dynoxide/.locked ## Ten thousand claims on a stock of a thousand, three times on each engine of DynamoDB
	@for _ in 1 2 3; do RACE_SCALE=20 $(DEV)/python -m pytest tests/stack/test_stock_races.py -q; done

mutate: .venv-mutation/.locked ## Break what decides money, line by line, and list what no test notices (GROUP=tiers)
	@PYTHONPATH=layers/tessera .venv-mutation/bin/python -m tests.mutation $(GROUP)

bench-tiers: setup .dynoxide/.locked ## Measure a night over many members: make bench-tiers MEMBERS="1000 10000 100000"
	@AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test PYTHONPATH=layers/tessera \
	  $(DEV)/python -m tests.bench $(MEMBERS)

bench-checkout: setup ## Measure the steps of a checkout: make bench-checkout VISITS=100
	@AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test PYTHONPATH=layers/tessera \
	  $(DEV)/python -m tests.bench.checkout $(VISITS)

bench-start: setup .venv-runtime/.locked ## Measure what a function's start costs, as imports and as built
	@AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test PYTHONPATH=layers/tessera \
	  $(DEV)/python -m tests.bench.start

bench-load: setup ## Measure a mix of requests at the local stack: make bench-load CLIENTS="1 16 64" SECONDS=30
	@AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test PYTHONPATH=layers/tessera \
	  $(DEV)/python -m tests.load.levels $(CLIENTS) --seconds $(SECONDS)

load-with-kills: setup ## The same at a steady rate while functions are killed: make load-with-kills MINUTES=10
	@AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test PYTHONPATH=layers/tessera \
	  $(DEV)/python -m tests.load.with_kills --minutes $(MINUTES) --rate $(RATE) --kill-every $(KILL_EVERY)

cost: setup ## Reckon what operations and months cost at list prices
	@AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test PYTHONPATH=layers/tessera \
	  $(DEV)/python -m tests.bench.cost

fuzz: setup ## Requests made of docs/openapi.json: make fuzz REQUESTS=100000 HTTP=5000 SEED=1
	@AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test PYTHONPATH=layers/tessera \
	  $(DEV)/python -m tests.fuzz --requests $(REQUESTS) --http $(HTTP) --seed $(or $(SEED),1)

check: setup policy ## Lint, types, imports, interface, template
	$(DEV)/ruff check
	$(DEV)/ruff format --check
	$(DEV)/mypy layers/tessera functions local examples tools tests
	PYTHONPATH=layers/tessera $(DEV)/lint-imports --no-cache
	AWS_DEFAULT_REGION=eu-west-2 PYTHONPATH=layers/tessera $(DEV)/python -m tools.breaking
	$(DEV)/cfn-lint template.yaml
	SAM_CLI_TELEMETRY=0 $(DEV)/sam validate --lint --region eu-west-2

# With a key in the environment checkov would send what it finds to its maker.
policy: .venv-policy/.locked ## Check the template with checkov; .checkov.yaml and the template say why it is not to ask what
	env -u BC_API_KEY .venv-policy/bin/checkov --config-file .checkov.yaml

build: setup ## Build for Lambda (RUNTIME=python3.13 ARCH=arm64)
	@find functions -name __pycache__ -type d -prune -exec rm -rf {} +
	@PATH="$(CURDIR)/$(DEV):$$PATH" UV=$(UV) RUNTIME=$(RUNTIME) ARCH=$(ARCH) SAM_CLI_TELEMETRY=0 $(DEV)/sam build \
	  --parameter-overrides Runtime=$(RUNTIME) Architecture=$(ARCH)

artefact: setup .venv-runtime/.locked ## Build for this machine, and boot each function from its zip on Lambda's runtime
	@$(DEV)/python -m pytest tests/artefact -q

programme: .venv-stack/.locked ## Check a programme: a mistake is told with its line (PROGRAMME)
	@PYTHONPATH=layers/tessera $(STACK)/python -m tools.programme "$(PROGRAMME)"

openapi: setup ## Write docs/openapi.json again, from the routes and the shapes
	@AWS_DEFAULT_REGION=eu-west-2 PYTHONPATH=layers/tessera $(DEV)/python -m tools.openapi

breaking: setup ## Name what would break a client since an earlier commit: make breaking SINCE=v1
	@AWS_DEFAULT_REGION=eu-west-2 PYTHONPATH=layers/tessera $(DEV)/python -m tools.breaking --since "$(SINCE)"

events: setup ## Write docs/events/ again, from the shapes of what leaves
	@AWS_DEFAULT_REGION=eu-west-2 PYTHONPATH=layers/tessera $(DEV)/python -m tools.event_schema

clean: ## Remove builds, caches, environments and what the local stack left
	rm -rf .aws-sam .dynoxide .hypothesis .import_linter_cache .local .mypy_cache .pytest_cache .ruff_cache \
	  .mutation .uv .venv .venv-mutation .venv-policy .venv-runtime .venv-stack
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
