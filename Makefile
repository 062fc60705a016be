# Each target does its own set-up: installs packages when the lock file changed, builds when sources changed.
SHELL := /bin/bash
.DEFAULT_GOAL := help
SOURCES := $(shell find src -name '*.ts' -o -name '*.json' 2>/dev/null)
HOST ?=
BASE ?=
NODE ?=
ARGS ?=
GREP ?=
TIER ?= unit

.PHONY: help serve conformance test test-load test-e2e test-package test-soak test-all differential mutants fuzz soak gen check-gen docs lint format build fixtures results clean bench bench-scale bench-compare hostile clients

help: ## list the targets
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

node_modules/.installed: package.json package-lock.json
	npm ci --no-audit --no-fund
	@touch $@

dist/.built: node_modules/.installed tsconfig.json tsconfig.build.json scripts/build.mjs $(SOURCES)
	node scripts/build.mjs
	@touch $@

gen: node_modules/.installed ## make api/swagger.yaml and src/generated from api/base and api/overlays
	npx tsx scripts/gen.ts
	npx tsx scripts/pictures.ts

check-gen: node_modules/.installed ## fail when a generated file differs from what gen would make
	npx tsx scripts/gen.ts --check
	npx tsx scripts/pictures.ts --check
	npx tsx fixtures/build.ts --check

fixtures: node_modules/.installed ## make the image layouts under fixtures/layouts from their recipes
	npx tsx fixtures/build.ts

docs: site/node_modules/.installed ## build the documentation site in build/docs; fails on dead links
	npm --prefix site run build

site/node_modules/.installed: site/package.json site/package-lock.json
	npm ci --prefix site --no-audit --no-fund
	@touch $@

results: node_modules/.installed ## draw the site of conformance results to build/results (results/, docs/reference/results.md)
	npx tsx scripts/results.ts site build/results

build: dist/.built ## compile src/ to dist/

serve: dist/.built ## start the reference server (ARGS="--listen tcp://127.0.0.1:2375 …")
	@node dist/cli/main.js serve $(ARGS)

conformance: dist/.built ## run the conformance suite (HOST=unix:///var/run/docker.sock for a real daemon)
	@node dist/cli/main.js conformance $(if $(HOST),--host $(HOST)) $(ARGS)

test: node_modules/.installed ## run the unit tests (ARGS=FILE: only that file; GREP=TEXT: only matching titles; TIER=load|e2e|package; NODE=22: that Node.js)
	@$(if $(NODE),npx -y node@$(NODE),node) scripts/test.mjs --tier $(TIER) $(if $(GREP),--grep '$(GREP)') $(ARGS)

test-load: ## run the tests of memory and fairness under load
	@$(MAKE) --no-print-directory test TIER=load

test-e2e: dist/.built ## run the tests with real clients and child servers (ATTESTD_DOCKER, ATTESTD_SKOPEO name clients off the PATH)
	@$(MAKE) --no-print-directory test TIER=e2e

test-package: dist/.built ## pack the package, install it and use it as an importer does (needs the npm registry)
	@$(MAKE) --no-print-directory test TIER=package

test-soak: ## kill a server and cut the power of its store for two minutes
	@$(MAKE) --no-print-directory soak ARGS='--minutes 2'

test-all: ## run the tests of all tiers; the exit code is 1 if one of them failed
	@status=0; for tier in test test-load test-e2e test-package test-soak; do \
	  $(MAKE) --no-print-directory $$tier || status=1; done; exit $$status

differential: dist/.built ## compare with an empty dockerd 29.7: HOST=… ARGS="--requests 5000 --seed 1", or ARGS="--kind containers"
	@npx tsx test/differential/main.ts $(if $(HOST),--host $(HOST)) $(ARGS)

mutants: node_modules/.installed ## put one fault at a time before the conformance suite; each must be caught
	@npx tsx test/mutants/main.ts $(ARGS)

fuzz: node_modules/.installed ## change inputs of every parser and look for what they do not take: ARGS="--only tar --seconds 60"
	@npx tsx test/fuzz/main.ts $(ARGS)

soak: dist/.built ## kill a server under load and cut the power of its store; nothing acknowledged may be lost: ARGS="--minutes 10"
	@npx tsx test/soak/main.ts $(ARGS)

clients: node_modules/.installed ## generate clients with four generators, compile them and call the reference server
	npx tsx scripts/clients.ts

bench: dist/.built bench/prism/node_modules ## measure all, and write docs/reference/benchmarks.md (HOST=unix:///… for a real daemon too)
	npx tsx bench/main.ts --write $(if $(HOST),--host $(HOST)) $(ARGS)

bench-scale: dist/.built ## measure a store of 100,000 images, which takes many minutes, and keep it for the page that `make bench` writes
	npx tsx bench/main.ts --only scale --images 10,100000 --keep scale-100000 $(ARGS)

hostile: node_modules/.installed ## give the server what is hostile; fail when others wait or memory grows (ARGS="--only TEXT")
	npx tsx bench/hostile.ts --check $(ARGS)

bench-compare: node_modules/.installed ## say what got slower since BASE=FILE, a build/bench/result.json of before
	@npx tsx bench/compare.ts $(BASE)

bench/prism/node_modules: bench/prism/package-lock.json
	npm ci --prefix bench/prism --ignore-scripts --no-audit --no-fund
	@touch $@

lint: node_modules/.installed ## check style, imports, types, expressions and the description
	npx biome check .
	npx biome lint --only=suspicious/noImportCycles --error-on-warnings src
	npx tsc --noEmit -p tsconfig.json
	npx tsx scripts/lint-spec.ts
	npx tsx scripts/lint-expressions.ts

format: node_modules/.installed ## rewrite the sources in the project's format
	npx biome check --write .

clean: ## remove what the build made
	rm -rf build dist node_modules site/node_modules
