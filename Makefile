# Everything a developer and CI run. `make` alone lists it.
.DEFAULT_GOAL := help
.NOTPARALLEL:
SHELL := /bin/bash

GO ?= go
export GOFLAGS ?= -buildvcs=false
TOOL := nice $(GO) tool -modfile=tools/go.mod
FUZZTIME ?= 10s
# The race detector needs a C compiler; where there is none (never in CI) the tests run without it.
RACE = $(if $(shell command -v $$($(GO) env CC)),-race)
# SQLite itself is C translated to Go, with its own locks: under the race detector the tests take three times as long. Only that
# package is left out: one that instantiates generic code of the standard library would bring copies of it that no detector sees.
TEST = $(GO) test $(RACE) $(if $(RACE),-gcflags=modernc.org/sqlite/lib=-race=false) -shuffle=on -timeout 20m
# The packages whose tests use a database: they run once on each engine.
DB_PACKAGES = $(filter-out ./internal/testkit/mariadb/ ./internal/arch/,$(sort $(dir $(shell grep -rlE --include='*_test.go' 'baodao/internal/testkit|TEST_MYSQL_DSN' .))))

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## The server on SQLite in ./data with a simulated WeChat
	$(GO) run . serve

demo: ## The whole story over HTTP, then stays up
	$(GO) run . demo

test: deps race test-mysql ## Every test, on SQLite and then on MariaDB or MySQL

race: ## Every test on SQLite, with the race detector
	env -u TEST_MYSQL_DSN $(TEST) ./...

test-mysql: ## The tests that use a database, on a private server (or on TEST_MYSQL_DSN)
	$(GO) run ./internal/testkit/mariadb -- $(TEST) $(DB_PACKAGES)

deps: ## Install gcc and a database server for the tests (Debian, root)
	@.ci/deps

fuzz: ## Every fuzz target for FUZZTIME (10s)
	.ci/fuzz $(FUZZTIME)

jepsen: ## Sign-up, and match rounds, while servers are killed: 100,000 operations on SQLite, and on MariaDB with one and three servers
	CHECKER_OPS=100000 nice $(GO) test -count=1 -timeout 30m -v -run Survives ./internal/checker
	CHECKER_OPS=100000 $(GO) run ./internal/testkit/mariadb -- nice $(GO) test -count=1 -timeout 60m -v -run Survives ./internal/checker

bench: ## Every benchmark, or BENCH=name; with a database server installed on both engines
	BENCH="$(BENCH)" MARIADB_DURABLE=1 $(if $(shell command -v mariadbd mysqld),$(GO) run ./internal/testkit/mariadb --) $(GO) run ./internal/bench

cover: ## Test coverage by function in cover.out, the total on the screen
	$(GO) test -coverpkg=./... -coverprofile=cover.out ./...
	$(GO) tool cover -func=cover.out | tail -n 1

lint: ## Linters and formatting (the first time it builds the linter: minutes)
	CGO_ENABLED=0 $(TOOL) golangci-lint run
	$(GO) build -tags testclock -o /dev/null .

fmt: ## Format the code
	$(TOOL) golangci-lint fmt

generate: ## The contract and every other generated file
	.ci/generate

golden: ## Write the golden answers anew: read the diff before you commit it
	$(GO) test ./api -update

migration: ## The next migration for both engines: make migration name=add_something
	@.ci/migration "$(name)"

build: ## A static binary ./baodao
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags='-s -w' -o baodao .

docker: ## The container image
	docker build -t baodao .

check: lint generated test fuzz ## What CI runs, in its order

generated: ## Fail when a generated file is not up to date
	.ci/drift $(MAKE) generate

.PHONY: help run demo test race test-mysql deps fuzz jepsen bench cover lint fmt generate golden migration build docker check generated
