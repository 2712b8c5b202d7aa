# `make` alone prints the targets. `make check` is exactly what CI runs.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

SWIFT ?= swift
RELEASE := .build-release
LEFTFOLD := $(RELEASE)/release/leftfold
SWIFT_DIRECTORIES := $(wildcard Package.swift Sources Tests Benchmarks examples)

# Colours only on a terminal; CI logs and pipes stay plain.
ifneq ($(MAKE_TERMOUT),)
BOLD := $(shell printf '\033[1m')
PLAIN := $(shell printf '\033[0m')
else
export NO_COLOR := 1
SWIFT_FLAGS := --no-color-diagnostics
endif

# The daemon is killed this often while pgbench runs, and for so long.
torture: KILLS ?= 20
torture: SECONDS_TO_RUN ?= 60
# Crash points of the log, each with a seed of its own from this one on, and the size of the log that is opened after a kill.
torture: POINTS ?= 10000
torture: GIGABYTES ?= 10
# Rows of the largest epoch that every store has to take as one transaction.
torture: EPOCH_ROWS ?= 1000000

.PHONY: help demo build test format lint tidy check bench torture docs clean bootstrap release release-bench

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  $(BOLD)make %-8s$(PLAIN) %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: release ## Watch a view follow a throwaway Postgres (installs and builds what is missing)
	@$(LEFTFOLD) demo

build: bootstrap ## Compile everything, tests included
	@$(SWIFT) build --build-tests $(SWIFT_FLAGS)

test: bootstrap ## Run every test, real Postgres servers included
	@SWIFT=$(SWIFT) scripts/test $(SWIFT_FLAGS)

format: ## Format all Swift sources in place
	@$(SWIFT) format format --in-place --parallel --recursive $(SWIFT_DIRECTORIES)

lint: ## Check formatting and documentation, strictly
	@$(SWIFT) format lint --strict --parallel --recursive $(SWIFT_DIRECTORIES)

tidy: ## Check module arrows, file and function length, unsafe code and names
	@scripts/tidy --self-test
	@scripts/tidy

check: ## Everything CI checks: lint, tidy, build, test
	@$(MAKE) lint
	@$(MAKE) tidy
	@$(MAKE) build
	@$(MAKE) test

bench: release-bench ## Measure ratios against baselines of the same run (SCALE=0.1 for a quick look)
	@Benchmarks/run --leftfold $(LEFTFOLD) --scale $(or $(SCALE),1)

torture: release ## Stop the log at 10000 points and the daemon under pgbench; check every invariant (POINTS, SEED, EPOCH_ROWS, KILLS, GIGABYTES)
	@seed=$${SEED:-$$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}; \
	echo "torture: $(POINTS) crash points from seed $$seed"; \
	LEFTFOLD_TORTURE_POINTS=$(POINTS) LEFTFOLD_TEST_SEED=$$seed $(SWIFT) test $(SWIFT_FLAGS) --filter TortureTests
	@echo "torture: every claim of every store, with an epoch of $(EPOCH_ROWS) rows"; \
	LEFTFOLD_TEST_EPOCH_ROWS=$(EPOCH_ROWS) scripts/test $(SWIFT_FLAGS) --filter 'Store.*ConformanceTests'
	@LEFTFOLD=$(LEFTFOLD) scripts/torture-recovery $(GIGABYTES)
	@LEFTFOLD=$(LEFTFOLD) KILLS=$(KILLS) SECONDS_TO_RUN=$(SECONDS_TO_RUN) examples/pgbench/run

docs: bootstrap ## Check that every link in the documentation leads somewhere
	@scripts/tidy --docs

clean: ## Remove build products
	@rm -rf .build $(RELEASE)

bootstrap:
	@scripts/bootstrap

release: bootstrap
	@$(SWIFT) build --configuration release --product leftfold --scratch-path $(RELEASE) $(SWIFT_FLAGS)

release-bench: release
	@$(SWIFT) build --configuration release --product store-bench --scratch-path $(RELEASE) $(SWIFT_FLAGS)
