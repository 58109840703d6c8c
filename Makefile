# The only door: everything that is built, tested or shipped is a target here, and does its own
# set-up. `make help` lists them. Rust comes from a toolchain you have; the rest, `make deps` gets.

CARGO       ?= cargo
PHP_CONFIG  ?= php-config
PREFIX      ?= /usr/local
LIBDIR      ?= $(PREFIX)/lib
DESTDIR     ?=

override VERSION := $(shell sed -n '/^\[workspace.package\]/,/^\[[^w]/s/^version = "\(.*\)"/\1/p' Cargo.toml)
# The C interface's number in the SONAME; it changes when a function is removed or changed.
ABI         := 0
LIBRARY     := libmcrs.so.$(ABI)
# Everything lands below the workspace, whatever the environment says: tests look for it there.
export CARGO_TARGET_DIR := $(CURDIR)/target
RELEASE     := target/release
DIST        := target/dist
# Fills in the pkg-config file: $(call pkg_config,PREFIX,LIBDIR,INCLUDEDIR).
pkg_config   = sed -e 's|@VERSION@|$(VERSION)|' -e 's|@PREFIX@|$(1)|' -e 's|@LIBDIR@|$(2)|' \
                   -e 's|@INCLUDEDIR@|$(3)|' include/mcrs.pc.in

# Nothing here gains from two targets side by side; cargo uses all cores by itself.
.NOTPARALLEL:
.DEFAULT_GOAL := all

.PHONY: all
all: dist ## everything that is shipped, into target/dist

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

.PHONY: deps
deps: ## install what is missing (Debian 12); nothing when all is there
	@scripts/deps

# --- build -------------------------------------------------------------------------------------

# Three builds, because features add up within one: the C symbols must not be in the extension, and
# the server must not know the client. Files are replaced by renaming, never written in place: a
# running process keeps the file it has mapped.
.PHONY: dist
dist: deps lib ## the extension, the C library, the server and the tools, into target/dist
	$(CARGO) build --locked --release -p mcrsd
	$(CARGO) build --locked --release -p memcache_rs -p mcrs-tools
	@install -p -m 755 $(RELEASE)/mcrsd $(RELEASE)/mcrs $(DIST)/
	@install -p -m 644 $(RELEASE)/libmemcache_rs.so $(DIST)/memcache_rs.so
	@$(DIST)/mcrsd --man > $(DIST)/mcrsd.8
	@echo "built $(VERSION) into $(DIST): $$(ls -m $(DIST))"

# Never shipped: whoever can reach such a server can move its clock.
.PHONY: dist-debug
dist-debug: deps ## the server with developer commands, as target/dist/mcrsd-debug
	$(CARGO) build --locked --profile dist-debug -p mcrsd --features debug-commands
	@mkdir -p $(DIST)
	@install -p -m 755 target/dist-debug/mcrsd $(DIST)/mcrsd-debug

.PHONY: lib
lib: deps ## the C library alone, into target/dist
	$(CARGO) rustc --locked --release -p mcrs --lib --features capi \
	    --crate-type cdylib,staticlib -- -C link-arg=-Wl,-soname,$(LIBRARY)
	@mkdir -p $(DIST)
	@install -p -m 644 $(RELEASE)/libmcrs.so $(DIST)/$(LIBRARY)
	@ln -sf $(LIBRARY) $(DIST)/libmcrs.so
	@install -p -m 644 $(RELEASE)/libmcrs.a include/mcrs.h $(DIST)/
	@$(call pkg_config,$${pcfiledir},$${prefix},$${prefix}) > $(DIST)/mcrs.pc

.PHONY: php
php: deps ## the PHP extension alone, into target/dist
	$(CARGO) build --locked --release -p memcache_rs
	@mkdir -p $(DIST)
	@install -p -m 644 $(RELEASE)/libmemcache_rs.so $(DIST)/memcache_rs.so

# Takes what `make dist` built and builds nothing, so that root needs no Rust toolchain.
.PHONY: install
install: ## copy target/dist into PREFIX (/usr/local), the extension into PHP's directory
	@test -f $(DIST)/mcrs.pc || { echo 'run `make dist` first (not as root)'; exit 1; }
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(LIBDIR)/pkgconfig
	install -m 755 $(DIST)/mcrsd $(DIST)/mcrs $(DESTDIR)$(PREFIX)/bin/
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man8 $(DIST)/mcrsd.8
	install -m 644 $(DIST)/mcrs.h $(DESTDIR)$(PREFIX)/include/
	install -m 644 $(DIST)/$(LIBRARY) $(DIST)/libmcrs.a $(DESTDIR)$(LIBDIR)/
	ln -sf $(LIBRARY) $(DESTDIR)$(LIBDIR)/libmcrs.so
	$(call pkg_config,$(PREFIX),$(LIBDIR),$(PREFIX)/include) > $(DESTDIR)$(LIBDIR)/pkgconfig/mcrs.pc
	@if command -v $(PHP_CONFIG) >/dev/null; then set -x; \
	    install -D -m 644 -t "$(DESTDIR)$$($(PHP_CONFIG) --extension-dir)" $(DIST)/memcache_rs.so; \
	else echo 'no $(PHP_CONFIG), so the PHP extension stays in $(DIST)'; fi

# --- run ---------------------------------------------------------------------------------------

.PHONY: run
run: dist ## the example site on two of our servers; Ctrl-C ends it
	@examples/secret-message/run --serve

# --- test --------------------------------------------------------------------------------------

# Here everything has been installed and built, so a skipped test is a failed one.
.PHONY: test
test: ## everything below, with a summary (CI calls this)
	@MCRS_TEST_NO_SKIP=1 scripts/tiers dist check loom php-test c-test interop site-test fuzz-smoke

.PHONY: check
check: deps ## format, lints, layer builds, Rust tests: what to run before a commit
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets --features mcrs/capi -- -D warnings
	$(CARGO) clippy --locked -p mcrs --no-default-features -- -D warnings
	$(CARGO) clippy --locked -p mcrsd --no-default-features --all-targets -- -D warnings
	$(CARGO) clippy --locked -p mcrsd --all-targets --features debug-commands -- -D warnings
	$(CARGO) test --locked --workspace --exclude memcache_rs --no-fail-fast
	$(CARGO) test --locked -p mcrs --features capi --lib capi
	$(CARGO) test --locked -p mcrsd --features debug-commands --lib --test transcripts --test debug

# A cfg of its own (server/src/sync.rs says why), so a directory of its own. Unoptimised, loom takes
# ten times as long.
LOOM := RUSTFLAGS="--cfg mcrsd_loom" $(CARGO) --config profile.dev.package.loom.opt-level=2 \
            --config profile.dev.package.generator.opt-level=2
.PHONY: loom
loom: ## models of what threads do to each other in the engine, in every order there is
	$(LOOM) test --locked --target-dir target/loom -p mcrsd --lib loom::

# Needs a nightly toolchain with miri. Other tests: make miri MIRI_TESTS=engine::tests::threads; more
# orders of threads: MIRIFLAGS=-Zmiri-many-seeds=0..8.
MIRI_TESTS ?= engine::
.PHONY: miri
miri: ## tests of the engine, interpreted, to see what no compiler may be given
	MIRIFLAGS="-Zmiri-disable-isolation $(MIRIFLAGS)" $(CARGO) +nightly miri test --locked \
	    --target-dir target/miri -p mcrsd --lib $(MIRI_TESTS)

# Needs a nightly toolchain with rust-src, so no other target calls it. The server that the second
# line talks to stops at the first thing that is found.
TSAN := RUSTFLAGS=-Zsanitizer=thread TSAN_OPTIONS=halt_on_error=1 $(CARGO) +nightly test --locked \
            -Zbuild-std --target x86_64-unknown-linux-gnu --target-dir target/tsan -p mcrsd
.PHONY: tsan
tsan: ## the engine's stress test, and a server with clients, watched for data races
	$(TSAN) --lib engine::tests::threads
	$(TSAN) --test moves --test threads --test watch

.PHONY: php-test
php-test: dist ## the extension in PHP: phpt, vectors, interchange with pecl's
	@tests/php/run

.PHONY: c-test
c-test: dist ## C99 and C++17 programs on libmcrs, under valgrind
	@tests/c/run

.PHONY: interop
interop: dist ## stock clients of memcached on the server, in five languages and nginx
	@tests/interop/run

.PHONY: site-test
site-test: dist ## the example site in a browser
	@tests/site/run

.PHONY: bench
bench: dist ## what an operation costs a PHP process beside pecl's, the server beside memcached and a floor
	@benches/php/run
	$(CARGO) bench --locked -p mcrsd --bench server
	$(CARGO) bench --locked -p mcrsd --bench pauses
	$(CARGO) bench --locked -p mcrsd --bench engine -- speed

.PHONY: fuzz-smoke
fuzz-smoke: deps ## hostile bytes for every parser, 10 s each
	@scripts/fuzz

.PHONY: fuzz
fuzz: deps ## the same for one parser until interrupted: make fuzz TARGET=text_request
	@SECONDS_EACH=0 scripts/fuzz $(or $(TARGET),$(error name a TARGET, one of $(basename $(notdir $(wildcard tests/fuzz/src/bin/*.rs)))))

.PHONY: header
header: ## rewrite include/mcrs.h from src/capi
	MCRS_BLESS=1 $(CARGO) test --locked -p mcrs --test it the_header_is_what_the_sources_say

.PHONY: symbols
symbols: dist ## compare what is exported with include/mcrs.symbols and the header
	MCRS_TEST_NO_SKIP=1 $(CARGO) test --locked -p mcrs --test it symbols

.PHONY: clean
clean: ## remove everything built; target/ is the only place
	rm -rf target
