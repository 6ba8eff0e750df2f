# The everyday verbs; each is a line that a person could type.
.DEFAULT_GOAL := help
JOBS ?= $(shell nproc)
SOURCES = $(shell find src include examples tests benchmarks -name '*.cpp' -o -name '*.h')

.PHONY: help build test fault-report mutants run fmt checks tidy db-migrate quickstart servers docker docker-push dist clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build/release/kafka-to-db-consumer
	cmake --preset release
	cmake --build build/release --parallel $(JOBS) --target kafka-to-db-consumer

test: ## Everything that CI runs (LABELS="unit" for some of it)
	./scripts/test.sh $(LABELS)

fault-report: ## The fault tests at full length (hours), and the table in docs/reliability.md
	./scripts/fault-report.sh

mutants: ## Plant known bugs and show which test catches each
	./scripts/mutants.sh

run: build ## The consumer, with the environment's settings
	build/release/kafka-to-db-consumer run

db-migrate: build ## Bring the database of LOOM_DATABASE_URL up to date
	build/release/kafka-to-db-consumer migrate

quickstart: ## Clone to rows: servers, sample messages, consumer
	./scripts/quickstart.sh

servers: ## A Kafka and a PostgreSQL to play with; prints their addresses
	./scripts/servers.sh start

docker: ## The image, with docker, podman or buildah (REGISTRY=, IMAGE=, TAG=)
	./scripts/image.sh build

docker-push: ## Push that image to REGISTRY; build/image-values.yaml names it for helm
	./scripts/image.sh push

dist: ## build/dist/: a Debian package, a tarball and, where helm is, the chart's package
	./scripts/dist.sh

fmt: ## Format every source file
	clang-format-14 -i $(SOURCES)

checks: ## Format, linters, names in documents, forgotten files: what needs no servers
	./scripts/checks.sh

tidy: ## clang-tidy over every source file
	./scripts/checks.sh --base all clang-tidy

clean: ## Remove what was built (the fetched Kafka stays)
	rm -rf build/release build/dev build/asan build/tsan
