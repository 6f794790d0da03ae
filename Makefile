# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test test-system course docs test-long test-peers test-oldest coverage lint format lock bench lint-page wheel sanitize sanitize-short sanitize-short-memory sanitize-short-thread fuzz fuzz-short fuzz-graphs older arm clean

# Kept byte code saves each of the processes that tests start half a second.
unexport PYTHONDONTWRITEBYTECODE

# The package is built anew when the native sources change.
comma := ,
NATIVE := pyproject.toml CMakeLists.txt $(wildcard native/*)

# The set of packages that was tested, with hashes, is installed first, the project itself afterwards; where nobody has
# tested this Python, what pyproject.toml allows.
PY := $(shell $(PYTHON) -c 'import sys; print("py%d%d" % sys.version_info[:2])')
EXTRAS := cli,sklearn,play
define INSTALL
	@if [ -f requirements/$(PY)-$(1).txt ]; then \
		$(PIP) install --require-hashes -r requirements/$(PY)-$(1).txt; \
	else \
		echo "no requirements/$(PY)-$(1).txt, no set that was tested on this Python: the newest packages are installed"; \
		$(PIP) install ".[$(EXTRAS)]" $(2); \
	fi
	$(PIP) install --editable . --no-deps
endef

# pip reads [dependency-groups] from version 25.1 on; older ones are upgraded inside the environment only.
$(VENV)/bin/pip:
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade "pip>=25.1"

# The package is installed editable; the same command builds the native part, where there is a compiler.
$(VENV)/demo: $(NATIVE) $(wildcard requirements/$(PY)-demo.txt) | $(VENV)/bin/pip
	$(call INSTALL,demo,)
	@$(BIN)/clearprop --version
	@touch $@

$(VENV)/dev: $(NATIVE) $(wildcard requirements/$(PY)-dev.txt) | $(VENV)/bin/pip
	$(call INSTALL,dev,--group dev)
	@touch $@ $(VENV)/demo

# PyTorch's CPU build has the version that is pinned here; an unpinned one brings gigabytes of GPU libraries along.
$(VENV)/peers: $(VENV)/dev
	$(PIP) install "torch==2.13.0" --group peers
	@touch $@

demo: $(VENV)/demo  ## train on a real table, score, predict, and name the files written
	$(BIN)/clearprop train demo:breast_cancer --out demo-output
	$(BIN)/clearprop predict demo-output/model.clearprop demo:breast_cancer --out demo-output/predictions.csv
	$(BIN)/clearprop evaluate demo-output/model.clearprop demo:breast_cancer
	@echo "Open demo-output/report.html in a browser: scores, curves, findings, and which inputs matter."

# Tests run beside each other, with one thread each. Those about threads and moments come after the others, alone.
JOBS ?= 2
ONE_THREAD := CLEARPROP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 POLARS_MAX_THREADS=1
PYTEST := $(BIN)/pytest -q --ignore tests/peers

test: $(VENV)/dev  ## all tests but the long ones, those of the system, and those that need another framework
	$(ONE_THREAD) $(PYTEST) -n $(JOBS) --dist worksteal -m "not long and not alone and not system"

test-system: $(VENV)/dev  ## processes that are started, fed and killed, pages in a browser, threads and forks
	$(ONE_THREAD) $(PYTEST) -n $(JOBS) --dist worksteal -m "system and not alone and not long" $$(grep -rlE "mark\.system|needs_browser" tests --include=test_*.py)
	$(PYTEST) -m "alone and not long" $$(grep -rl "mark\.alone" tests --include=*.py)

course: $(VENV)/dev  ## every snippet, formula and figure of docs/learn anew: the pages are what their sources make
	$(BIN)/python docs/learn/build.py --check
	$(ONE_THREAD) $(PYTEST) -n $(JOBS) tests/test_learn.py -k notebook

# The site's tools have an environment of their own, which borrows the packages of .venv and clearprop with them.
DOCS := build/docs-env
DOCS_PIP := $(BIN)/python -m pip --python $(DOCS)/bin/python --disable-pip-version-check --quiet
docs: $(DOCS)/ready  ## the documentation in build/site, English and Chinese: strict, links checked, no network
	NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs --quiet build --strict --config-file docs/site/mkdocs.yml
	NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs --quiet build --strict --config-file docs/site/mkdocs.zh.yml
	@echo "Open build/site/index.html in a browser; Chinese: build/site/zh/index.html."

$(DOCS)/ready: pyproject.toml $(wildcard requirements/$(PY)-docs.txt) | $(VENV)/dev
	$(BIN)/python -m venv --clear --without-pip $(DOCS)
	if [ -f requirements/$(PY)-docs.txt ]; then \
		$(DOCS_PIP) install --require-hashes -r requirements/$(PY)-docs.txt; \
	else \
		$(DOCS_PIP) install --group docs; \
	fi
	$(BIN)/python -c 'import sysconfig; print("import site; site.addsitedir(%r)" % sysconfig.get_path("purelib"))' > "$$($(DOCS)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/packages.pth"
	@touch $@

test-long: $(VENV)/dev  ## all of them, and many more examples of each property
	$(PYTEST) --hypothesis-profile=long

coverage: $(VENV)/dev  ## which lines of Python the tests run: build/coverage/index.html
	$(ONE_THREAD) $(PYTEST) -n $(JOBS) --dist worksteal -m "not long" --cov --cov-report=html:build/coverage --cov-report=term:skip-covered

# The oldest packages that pyproject.toml allows, on the oldest Python, in an environment of their own.
OLDEST := build/oldest
OLDEST_PYTHON ?= python3.11
# What an old package calls deprecated in a newer one is not ours to mend, nor its words (docs/wrong-input.md has the newest).
test-oldest: $(OLDEST)/ready  ## the tests of the core with the oldest dependencies
	$(ONE_THREAD) $(OLDEST)/bin/pytest -q -W ignore::DeprecationWarning -n $(JOBS) --dist load -m "not long and not alone" tests --ignore tests/peers --ignore tests/test_learn.py -k "not page_that_lists"

$(OLDEST)/ready: $(NATIVE) requirements/oldest.txt
	$(OLDEST_PYTHON) -m venv --clear $(OLDEST)
	$(OLDEST)/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements/oldest.txt
	$(OLDEST)/bin/python -m pip --disable-pip-version-check --quiet install --editable . --no-deps -C build-dir=$(OLDEST)/cmake
	@touch $@

test-peers: $(VENV)/peers  ## parity with PyTorch, JAX, optax and shap, and Optuna's searches
	$(ONE_THREAD) $(BIN)/pytest -q -n $(JOBS) --dist worksteal -m peers tests/peers

lint: $(VENV)/dev  ## formatting, style, types, and the order of the house
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/prose.py
	$(BIN)/python tests/support/lines.py
	$(BIN)/clang-format --dry-run --Werror native/*.hpp native/*.cpp tests/native/*.cpp

TYPESCRIPT := build/page/node_modules/.bin/tsc
lint-page:  ## the types of the playground's scripts (needs npm; nothing of it is needed to run them)
	@if ! command -v npm >/dev/null; then echo "SKIPPED: the types of the page's scripts, for want of npm"; exit 0; fi; \
	[ -x $(TYPESCRIPT) ] || npm install --silent --no-fund --no-audit --prefix build/page typescript@5.9; \
	$(TYPESCRIPT) --project tests/play/tsconfig.json

format: $(VENV)/dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/python docs/prose.py --wrap
	$(BIN)/clang-format -i native/*.hpp native/*.cpp tests/native/*.cpp

# uv resolves for Pythons that are not installed here, and for every platform. The file says no index: that is pip's.
LOCK_TOOL = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-header
LOCK = $(LOCK_TOOL) pyproject.toml $(addprefix --extra ,$(subst $(comma), ,$(EXTRAS)))
LOCK_DOCS = $(LOCK_TOOL) --group docs
lock: $(VENV)/bin/pip  ## requirements/*.txt anew: the set to be tested, for each Python, with hashes
	$(PIP) install "uv>=0.9"
	@mkdir -p requirements
	for v in 11 12 13 14; do \
		$(LOCK) --python-version 3.$$v --group dev -o requirements/py3$$v-dev.txt --upgrade && \
		$(LOCK) --python-version 3.$$v -c requirements/py3$$v-dev.txt -o requirements/py3$$v-demo.txt --upgrade && \
		$(LOCK_DOCS) --python-version 3.$$v -c requirements/py3$$v-dev.txt -o requirements/py3$$v-docs.txt --upgrade || exit; \
	done
	$(LOCK) --python-version 3.11 --group test --resolution lowest-direct -o requirements/oldest.txt --upgrade

bench: $(VENV)/peers  ## speed beside PyTorch, JAX, scikit-learn, ONNX Runtime; writes benchmarks/results/
	$(BIN)/python benchmarks/run.py

wheel: | $(VENV)/bin/pip  ## a wheel in dist/ that needs no compiler where it is installed
	$(PIP) wheel . --no-deps --wheel-dir dist

# Each sanitizer has an environment of its own, which borrows the packages of .venv and leaves the build there as it is.
build/sanitize/%/ready: $(NATIVE) | $(VENV)/dev
	$(BIN)/python -m venv --clear $(@D)
	$(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > "$$($(@D)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/packages.pth"
	$(@D)/bin/python -m pip --disable-pip-version-check --quiet install --editable . --no-deps -C cmake.define.CLEARPROP_SANITIZE=$(subst +,$(comma),$*) -C build-dir=$(@D)/cmake
	@touch $@

MEMORY := build/sanitize/address+undefined
THREAD := build/sanitize/thread
PRELOAD = LD_PRELOAD="$$(gcc -print-file-name=$(1)) $$(gcc -print-file-name=libstdc++.so)"
SANITIZED_MEMORY = ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=halt_on_error=1 $(call PRELOAD,libasan.so) $(MEMORY)/bin/python -m pytest -q -s
SANITIZED_THREAD = TSAN_OPTIONS=exitcode=66 $(call PRELOAD,libtsan.so) $(THREAD)/bin/python -m pytest -q -s
THREADED := (bits or random or equal or epochs or threads or steps or stop) and not memory_ran_out

sanitize: $(MEMORY)/ready $(THREAD)/ready  ## native tests under the address, undefined-behaviour and thread sanitizers
	$(SANITIZED_MEMORY) --hypothesis-profile=long tests/execute -k "not memory_ran_out and not half_as_much_memory"
	$(SANITIZED_THREAD) --hypothesis-profile=long tests/execute/test_native.py tests/execute/test_every_graph.py tests/execute/test_corners.py -k "$(THREADED)"

sanitize-short: $(MEMORY)/ready $(THREAD)/ready  ## the same in minutes: their core, with few examples
	$(MAKE) -j2 --output-sync sanitize-short-memory sanitize-short-thread

sanitize-short-memory: $(MEMORY)/ready
	$(SANITIZED_MEMORY) -m "not long" tests/execute -k "not memory_ran_out and not half_as_much_memory"

sanitize-short-thread: $(THREAD)/ready
	$(SANITIZED_THREAD) -m "not long" tests/execute/test_native.py tests/execute/test_every_graph.py tests/execute/test_corners.py -k "$(THREADED)"

fuzz: $(VENV)/dev  ## a hundred and fifty thousand damaged model files: each one clear error, or a model
	$(BIN)/python tests/support/mutations.py 150000

fuzz-short: $(VENV)/dev  ## the same for less than a minute
	$(BIN)/python tests/support/mutations.py 6000

GRAPHS ?= 200000
fuzz-graphs: $(VENV)/dev  ## random graphs on the machine against the reference: values, bits, training steps; resumable
	$(BIN)/python tests/execute/fuzz_graphs.py 0 $(GRAPHS)

# Debian: apt install g++-aarch64-linux-gnu qemu-user
arm: $(VENV)/dev  ## the kernels against plain loops, and the whole package, on 64-bit ARM in an emulator
	mkdir -p build/arm
	aarch64-linux-gnu-g++ -std=c++20 -O2 -static -ffp-contract=off -fno-math-errno -Wno-psabi -DCLEARPROP_ISA=baseline -Inative tests/native/kernels_alone.cpp -o build/arm/kernels_alone
	qemu-aarch64 build/arm/kernels_alone
	$(BIN)/python tests/processors/arm.py

# An environment of its own with the wheel as a user gets it. Polars for processors without AVX2 comes along.
OLDER := build/older
older: | $(VENV)/bin/pip  ## the wheel on emulated processors: Nehalem, Haswell, EPYC-Rome (Debian: qemu-user)
	rm -rf $(OLDER)/wheel
	$(PIP) wheel . --no-deps -C build-dir=$(OLDER)/cmake --wheel-dir $(OLDER)/wheel
	$(PYTHON) -m venv $(OLDER)/env
	$(OLDER)/env/bin/python -m pip --disable-pip-version-check --quiet install --force-reinstall --no-deps $(OLDER)/wheel/*.whl
	$(OLDER)/env/bin/python -m pip --disable-pip-version-check --quiet install "clearprop[cli]" "polars[rtcompat]" "pytest>=8" "hypothesis>=6.100"
	$(OLDER)/env/bin/python tests/support/floor.py $(OLDER)/env/lib/python*/site-packages/clearprop/execute/_native*.so
	$(OLDER)/env/bin/python tests/processors/older.py $(OLDER)/env/bin/python

clean:
	rm -rf $(VENV) build dist demo-output .mypy_cache .ruff_cache .pytest_cache .hypothesis
