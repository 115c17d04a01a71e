# Sealane's build commands. Each does its own set-up: on Debian it installs missing packages.
#
# `build`, `demo`, `fleet`, `test` and `install` share the release build in .build: nothing is compiled twice. So build the tests
# with `swift build --build-tests` and run them with --skip-build: `swift test` alone compiles everything again, with
# -enable-testing.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
export PATH := $(CURDIR)/.build-moto/bin:$(PATH):/usr/sbin:/sbin

PREFIX ?= /usr/local
# `make test` runs only tests whose names match this regular expression, for example FILTER=ReplayWindow.
FILTER ?=
# The number of inputs that `make fuzz` gives to each parser.
INPUTS ?= 100000
# Options of `make bench` and `make bench-scale` for the benchmark, for example BENCH=--quick.
BENCH ?=

# Package.swift looks for IPsec-MB's header. SwiftPM evaluates Package.swift again only if the environment has changed.
swift = env IPSEC_MB=$$(ls /usr/include/intel-ipsec-mb.h 2>/dev/null) swift
# Builds and shows the progress. The whole output is in .build/build.log.
build = .ci/progress .build/build.log $(swift) build
run_tests = $(swift) test --skip-build --disable-xctest $(if $(FILTER),--filter '$(FILTER)')
# Builds both programs and the modules they need, nothing else.
define build_programs
@$(build) -c release --product sealaned
@$(build) -c release --product sealane
endef
# Builds both programs, the benchmark, and another pair of the programs without a cipher.
define build_for_bench
$(build_programs)
@$(build) -c release --product tunnel-bench
@SEALANE_BENCHMARK_WITHOUT_CIPHER=1 $(build) -c release --scratch-path .build-no-cipher --product sealaned
@SEALANE_BENCHMARK_WITHOUT_CIPHER=1 $(build) -c release --scratch-path .build-no-cipher --product sealane
endef
as_root = $(if $(filter 0,$(shell id -u)),,sudo)
scripts := .ci/progress .ci/run .ci/services.bash .ci/setup Examples/hosts.bash Examples/demo/run Examples/fleet/run Tests/Fuzz/run

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: build
build: ## both programs, optimised, in .build/release
	@.ci/setup build
	$(build_programs)

.PHONY: demo
demo: ## four hosts in network namespaces: the tunnel at work, and refusals with their reasons
	@.ci/setup build demo
	$(build_programs)
	@Examples/demo/run .build/release

.PHONY: fleet
fleet: ## hosts with certificates of one authority, and a fourth whose certificate is wrong in every way
	@.ci/setup build fleet
	$(build_programs)
	@$(build) -c release --product unchecked-handshake
	@Examples/fleet/run .build/release

.PHONY: test
test: ## all unit and integration tests, against the release build (FILTER=regex for some)
	@.ci/setup build test
	@$(build) -c release --build-tests --disable-xctest
	$(run_tests) -c release

# The number of times that `make soak-restart` ends and starts the agent.
CYCLES ?= 200

.PHONY: soak-restart
soak-restart: ## ends the agent in every way, over and over, under a capture: nothing in the clear, as root (CYCLES=200)
	@.ci/setup build test
	@$(build) -c release --build-tests --disable-xctest
	$(as_root) env "PATH=$$PATH" SEALANE_SOAK_CYCLES=$(CYCLES) $(swift) test -c release --skip-build --disable-xctest \
	    --filter RestartSoakTests

.PHONY: bench
bench: ## Sealane beside other tunnels, as root, about 40 min: docs/benchmarks.* (BENCH=--quick for a short look)
	@.ci/setup build bench
	$(build_for_bench)
	mkdir -p docs
	$(as_root) .build/release/tunnel-bench run $(BENCH) \
	    --no-cipher-programs .build-no-cipher/release --json docs/benchmarks.json --markdown docs/benchmarks.md

.PHONY: bench-scale
bench-scale: ## Sealane along curves (lanes, sizes, peers), as root, about 20 min: docs/scale.* (BENCH=--quick)
	@.ci/setup build bench
	$(build_programs)
	@$(build) -c release --product tunnel-bench
	mkdir -p docs
	$(as_root) .build/release/tunnel-bench scale $(BENCH) --json docs/scale.json --markdown docs/scale.md

.PHONY: bench-check
bench-check: ## whether ratios of throughput and cost are still those of docs/benchmarks.json, as root, about 5 min
	@.ci/setup build bench
	$(build_for_bench)
	$(as_root) .build/release/tunnel-bench check --no-cipher-programs .build-no-cipher/release docs/benchmarks.json

.PHONY: benchmicro
benchmicro: ## parts of the packet path in memory, with counts of malloc and retain (BENCH=--quick for a short look)
	@.ci/setup build
	@$(build) -c release --product micro-bench
	.build/release/micro-bench $(BENCH)

.PHONY: sanitize
sanitize: sanitize-address sanitize-thread ## the tests under AddressSanitizer, then under ThreadSanitizer

# AddressSanitizer keeps freed memory for a while. A small quarantine, because tests would take a large one for a leak.
sanitize-%: export ASAN_OPTIONS := quarantine_size_mb=1
sanitize-%: export LSAN_OPTIONS := suppressions=$(CURDIR)/Tests/leaks.supp
# Swift's concurrency runtime is not built with ThreadSanitizer, which therefore reports every hand-over between threads of the
# control API: its tests are left out. So are the tests that time the parsers, which ThreadSanitizer slows down many times.
sanitize-thread: without := \
	--skip 'ControlServerTests|ControlClientTests|MetricsServerTests|IntegrationTests|ParserFuzzingTests'
sanitize-%:
	@.ci/setup build test
	$(swift) build -c release --build-tests --disable-xctest --sanitize=$* --scratch-path .build-$*
	$(run_tests) $(without) -c release --sanitize=$* --scratch-path .build-$*

.PHONY: fuzz
fuzz: ## parsers of untrusted input, under libFuzzer and then timed (INPUTS=100000 for each)
	@.ci/setup build
	$(swift) build -c release --product fuzz-parsers
	SEALANE_FUZZING=1 $(swift) build -c release --sanitize=fuzzer --scratch-path .build-fuzz --product fuzz-parsers \
	    -Xswiftc -parse-as-library
	Tests/Fuzz/run .build-fuzz/release/fuzz-parsers .build/release/fuzz-parsers .build-fuzz/corpora $(INPUTS)

.PHONY: lint
lint: ## format and house style of the Swift sources, syntax of the scripts
	swift format lint --strict -r Sources Tests Benchmarks Package.swift
	for script in $(scripts); do bash -n "$$script"; done
	if command -v shellcheck >/dev/null; then shellcheck -x $(scripts); fi

.PHONY: format
format: ## formats the Swift sources in place
	swift format -i -r Sources Tests Benchmarks Package.swift

.PHONY: install
install: ## both programs into PREFIX/bin, for hosts without Swift as well (PREFIX=/usr/local, DESTDIR)
	@.ci/setup build
	$(build_programs)
	install -d '$(DESTDIR)$(PREFIX)/bin'
	install -m 755 .build/release/sealaned .build/release/sealane '$(DESTDIR)$(PREFIX)/bin'

.PHONY: clean
clean: ## removes everything that the other commands built
	rm -rf .build .build-address .build-thread .build-no-cipher .build-fuzz .build-moto
