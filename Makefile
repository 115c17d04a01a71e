# Sealane's build commands. On Debian, each installs the packages that it needs and that are missing.
#
# `build`, `demo`, `fleet`, `test` and `install` share the release build in .build, so that nothing is compiled twice. Tests must
# therefore be built with `swift build --build-tests` and run with --skip-build: `swift test` alone compiles everything again
# with -enable-testing.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
export PATH := $(CURDIR)/.build-moto/bin:$(PATH):/usr/sbin:/sbin

PREFIX ?= /usr/local
# Runs only tests with names that match this regular expression, for example FILTER=ReplayWindow.
FILTER ?=
# The number of inputs that `make fuzz` gives each parser.
INPUTS ?= 100000
# Arguments that `make bench` and `make bench-scale` pass to the benchmark, for example BENCH=--quick.
BENCH ?=

# Package.swift looks for IPsec-MB's header. SwiftPM evaluates it again only after a change of the environment.
swift = env IPSEC_MB=$$(ls /usr/include/intel-ipsec-mb.h 2>/dev/null) swift
# Shows the progress of a build. .build/build.log has the whole output.
build = .ci/progress .build/build.log $(swift) build
run_tests = $(swift) test --skip-build --disable-xctest $(if $(FILTER),--filter '$(FILTER)')
# Builds both programs and their dependencies, nothing else.
define build_programs
@$(build) -c release --product sealaned
@$(build) -c release --product sealane
endef
# Builds both programs and the benchmark, and a variant of both programs without a cipher.
define build_for_bench
$(build_programs)
@$(build) -c release --product tunnel-bench
@SEALANE_BENCHMARK_WITHOUT_CIPHER=1 $(build) -c release --scratch-path .build-no-cipher --product sealaned
@SEALANE_BENCHMARK_WITHOUT_CIPHER=1 $(build) -c release --scratch-path .build-no-cipher --product sealane
endef
as_root = $(if $(filter 0,$(shell id -u)),,sudo)
scripts := .ci/progress .ci/run .ci/services.bash .ci/setup Examples/hosts.bash Examples/demo/run Examples/fleet/run Tests/Fuzz/run

.PHONY: help
help: ## lists the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: build
build: ## builds both programs, optimised, in .build/release
	@.ci/setup build
	$(build_programs)

.PHONY: demo
demo: ## runs four hosts in network namespaces: encrypted traffic, and refusals with their reasons
	@.ci/setup build demo
	$(build_programs)
	@Examples/demo/run .build/release

.PHONY: fleet
fleet: ## runs three hosts with certificates of one authority, and a fourth with every kind of wrong certificate
	@.ci/setup build fleet
	$(build_programs)
	@$(build) -c release --product unchecked-handshake
	@Examples/fleet/run .build/release

.PHONY: test
test: ## runs all unit and integration tests against the release build (FILTER=regex for some)
	@.ci/setup build test
	@$(build) -c release --build-tests --disable-xctest
	$(run_tests) -c release

# The number of times that `make soak-restart` stops and starts the agent.
CYCLES ?= 200

.PHONY: soak-restart
soak-restart: ## stops the agent in every way under a packet capture: nothing leaves unencrypted; as root (CYCLES=200)
	@.ci/setup build test
	@$(build) -c release --build-tests --disable-xctest
	$(as_root) env "PATH=$$PATH" SEALANE_SOAK_CYCLES=$(CYCLES) $(swift) test -c release --skip-build --disable-xctest \
	    --filter RestartSoakTests

.PHONY: bench
bench: ## compares Sealane with other tunnels, as root, about 40 min: docs/benchmarks.* (BENCH=--quick for a short run)
	@.ci/setup build bench
	$(build_for_bench)
	mkdir -p docs
	$(as_root) .build/release/tunnel-bench run $(BENCH) \
	    --no-cipher-programs .build-no-cipher/release --json docs/benchmarks.json --markdown docs/benchmarks.md

.PHONY: bench-scale
bench-scale: ## measures curves over lanes, sizes, peers, as root, about 20 min: docs/scale.* (BENCH=--quick)
	@.ci/setup build bench
	$(build_programs)
	@$(build) -c release --product tunnel-bench
	mkdir -p docs
	$(as_root) .build/release/tunnel-bench scale $(BENCH) --json docs/scale.json --markdown docs/scale.md

.PHONY: bench-check
bench-check: ## compares throughput and cost with docs/benchmarks.json, as root, about 5 min
	@.ci/setup build bench
	$(build_for_bench)
	$(as_root) .build/release/tunnel-bench check --no-cipher-programs .build-no-cipher/release docs/benchmarks.json

.PHONY: benchmicro
benchmicro: ## measures parts of the packet path in memory, counts malloc and retain (BENCH=--quick for a short run)
	@.ci/setup build
	@$(build) -c release --product micro-bench
	.build/release/micro-bench $(BENCH)

.PHONY: sanitize
sanitize: sanitize-address sanitize-thread ## runs the tests under AddressSanitizer, then under ThreadSanitizer

# AddressSanitizer keeps freed memory for a while. Limit it, so that tests of memory use do not see growth.
sanitize-%: export ASAN_OPTIONS := quarantine_size_mb=1
sanitize-%: export LSAN_OPTIONS := suppressions=$(CURDIR)/Tests/leaks.supp
# Swift's concurrency runtime is not built with ThreadSanitizer, which therefore reports every hand-over between threads in the
# control API: these tests are skipped. The parsers' time limits are skipped as well, since ThreadSanitizer slows
# parsers many times.
sanitize-thread: without := \
	--skip 'ControlServerTests|ControlClientTests|MetricsServerTests|IntegrationTests|ParserFuzzingTests'
sanitize-%:
	@.ci/setup build test
	$(swift) build -c release --build-tests --disable-xctest --sanitize=$* --scratch-path .build-$*
	$(run_tests) $(without) -c release --sanitize=$* --scratch-path .build-$*

.PHONY: fuzz
fuzz: ## runs libFuzzer on the parsers of untrusted input, then times them (INPUTS=100000 for each)
	@.ci/setup build
	$(swift) build -c release --product fuzz-parsers
	SEALANE_FUZZING=1 $(swift) build -c release --sanitize=fuzzer --scratch-path .build-fuzz --product fuzz-parsers \
	    -Xswiftc -parse-as-library
	Tests/Fuzz/run .build-fuzz/release/fuzz-parsers .build/release/fuzz-parsers .build-fuzz/corpora $(INPUTS)

.PHONY: lint
lint: ## checks the format of the Swift sources and the syntax of the scripts
	swift format lint --strict -r Sources Tests Benchmarks Package.swift
	for script in $(scripts); do bash -n "$$script"; done
	if command -v shellcheck >/dev/null; then shellcheck -x $(scripts); fi

.PHONY: format
format: ## formats the Swift sources in place
	swift format -i -r Sources Tests Benchmarks Package.swift

.PHONY: install
install: ## installs both programs in PREFIX/bin; they run on hosts without Swift (PREFIX=/usr/local, DESTDIR)
	@.ci/setup build
	$(build_programs)
	install -d '$(DESTDIR)$(PREFIX)/bin'
	install -m 755 .build/release/sealaned .build/release/sealane '$(DESTDIR)$(PREFIX)/bin'

.PHONY: clean
clean: ## removes the results of the other commands
	rm -rf .build .build-address .build-thread .build-no-cipher .build-fuzz .build-moto
