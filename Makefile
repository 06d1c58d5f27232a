# A thin front of Meson: each target installs the Debian packages it lacks, builds, and does the job.
#
#   make run     build, lay out the bundled homelab with its history in a temporary folder, and improve it
#   make test    build with AddressSanitizer and UBSan, warnings as errors, and run every test
#   make demo    run the bundled homelab's services from Debian's packages on this machine's container engine
#   make demo-full   the same with n8n and Ollama, whose images take a quarter of an hour to make
#   make live    run what drives container engines and clusters on real ones, in namespaces of their own; as root
#   make threads look for races with ThreadSanitizer
#   make build   a release build at build/labwright
#
# MESON_FLAGS adds options to every `meson setup`; FUZZ_SECONDS is how long `make fuzz` spends on each format.

build_packages = build-essential git libarchive-dev libgit2-dev libglib2.0-dev libjansson-dev libsoup-3.0-dev libyaml-dev meson ninja-build pkg-config python3
test_packages = $(build_packages) chromium clang curl docker-registry fish fonts-dejavu-core golang-go groff-base iproute2 jq libclang-rt-14-dev openssl prometheus python3-jsonschema python3-venv python3-yaml zsh
bench_packages = $(build_packages) docker-compose python3-venv python3-yaml ripgrep time
tidy_packages = $(build_packages) clang clang-tidy libclang-rt-14-dev
format_packages = clang-format

MESON_FLAGS ?=
FUZZ_SECONDS ?= 300
REPOSITORY ?=
REASSIGN_DATA ?= ../shared/data/roadef2012
REASSIGN_SECONDS ?= 10
PREFIX ?= /usr/local

install_packages = @sh tools/packages.sh

# A builddir that Meson could not finish is set up afresh.
define setup
@[ -f $(1)/build.ninja ] || { rm -rf $(1); $(3) meson setup $(1) $(2) $(MESON_FLAGS); }
endef

fuzz_setup = $(call setup,build/fuzz,-Dwerror=true -Db_sanitize=address$(comma)undefined -Db_lundef=false -Dfuzz=true,CC=clang)

.PHONY: run demo demo-full test live threads build install bench fuzz format tidy clean

build:
	$(install_packages) $(build_packages)
	$(call setup,build/release,--buildtype=release -Db_lto=true -Db_ndebug=if-release --prefix=$(PREFIX))
	@ninja -C build/release
	@cp build/release/labwright build/labwright
	@mkdir -p build/bench && cp build/release/test/reassign build/bench/reassign

run: build
	@build/labwright demo

demo: build
	@sh examples/up.sh build/labwright

demo-full: build
	@sh examples/up.sh build/labwright '' packages-full

test:
	$(install_packages) $(test_packages)
	$(call setup,build/test,-Dwerror=true -Db_sanitize=address$(comma)undefined)
	$(fuzz_setup)
	@ninja -C build/test && ninja -C build/fuzz
	@for tool in helm kustomize; do \
	 sh tools/asked.sh $$tool >/dev/null || echo "no $$tool could be built: the tests that ask it are skipped"; done
	@rm -f build/test/meson-logs/testlog.json build/fuzz/meson-logs/testlog.json
	@LABWRIGHT_PYTHON=$$(sh tools/clients.sh || true); export LABWRIGHT_PYTHON; \
	 meson test -C build/test --no-rebuild --print-errorlogs; \
	 meson test -C build/fuzz --no-rebuild --print-errorlogs --suite fuzz; \
	 python3 test/tally.py build/test build/fuzz

live:
	$(install_packages) $(test_packages)
	$(call setup,build/live,-Dwerror=true -Dlive=true)
	@ninja -C build/live && meson test -C build/live --no-rebuild --print-errorlogs --suite live

threads:
	$(install_packages) $(test_packages)
	$(call setup,build/threads,-Dwerror=true -Db_sanitize=thread -Db_lundef=false)
	@ninja -C build/threads labwright
	@sh test/threads/run.sh build/threads/labwright $(REPOSITORY)

install: build
	@meson install -C build/release --no-rebuild

bench: build
	$(install_packages) $(bench_packages)
	@ninja -C build/release test/bench-place
	@python3 test/bench/bench.py build/labwright $(REPOSITORY)
	@for engine in dockerd podman; do \
	 LABWRIGHT_LIVE_PACKAGES=build/labwright sh test/live/engine.sh $$engine python3 test/bench/engine.py build/labwright; done
	@sh test/bench/cluster.sh build/labwright
	@python3 test/bench/placement.py build/labwright build/release/test/bench-place
	@python3 test/bench/reassign.py build/bench/reassign $(REASSIGN_DATA) $(REASSIGN_SECONDS)
	@python3 test/bench/peers.py build/labwright $(REPOSITORY)

fuzz:
	$(install_packages) $(test_packages)
	$(fuzz_setup)
	@ninja -C build/fuzz
	@python3 test/fuzz/run.py build/fuzz/test/fuzz/fuzz-scan --seconds $(FUZZ_SECONDS)

format:
	$(install_packages) $(format_packages)
	@git ls-files 'src/*.[ch]' 'test/unit/*.[ch]' 'test/fuzz/*.[ch]' | xargs clang-format -i

tidy:
	$(install_packages) $(tidy_packages)
	$(fuzz_setup)
	@ninja -C build/fuzz
	@git ls-files 'src/*.c' 'test/unit/*.c' 'test/fuzz/*.c' | xargs -P $$(nproc) -n 4 clang-tidy --quiet -p build/fuzz

clean:
	rm -rf build

comma = ,
