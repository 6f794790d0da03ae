# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test test-peers lint format bench wheel sanitize fuzz fuzz-graphs arm older clean

# The package is built anew when the native sources change.
comma := ,
NATIVE := pyproject.toml CMakeLists.txt $(wildcard native/*)

# pip reads [dependency-groups] from version 25.1 on; older ones are upgraded inside the environment only.
$(VENV)/bin/pip:
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade "pip>=25.1"

# The package is installed editable; the same command builds the native part, where there is a compiler.
$(VENV)/demo: $(NATIVE) | $(VENV)/bin/pip
	$(PIP) install --editable . --group demo
	@$(BIN)/clearprop --version
	@touch $@

$(VENV)/dev: $(NATIVE) | $(VENV)/bin/pip
	$(PIP) install --editable . --group dev
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

test: $(VENV)/dev  ## all tests but those that need another framework
	$(BIN)/pytest -q --ignore tests/peers

test-peers: $(VENV)/peers  ## parity with PyTorch, JAX and optax
	$(BIN)/pytest -q -m peers tests/peers

lint: $(VENV)/dev  ## formatting, style, types, and the order of the house
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/clang-format --dry-run --Werror native/*.hpp native/*.cpp tests/native/*.cpp

format: $(VENV)/dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/clang-format -i native/*.hpp native/*.cpp tests/native/*.cpp

bench: $(VENV)/peers  ## speed beside PyTorch, JAX, scikit-learn, ONNX Runtime; writes benchmarks/results/
	$(BIN)/python benchmarks/run.py

wheel: | $(VENV)/bin/pip  ## a wheel in dist/ that needs no compiler where it is installed
	$(PIP) wheel . --no-deps --wheel-dir dist

# Built with a sanitizer into the environment, tested, and built without it again.
SANITIZED = $(PIP) install --editable . --no-deps -C cmake.define.CLEARPROP_SANITIZE=$(1) -C build-dir=build/sanitize
PRELOAD = LD_PRELOAD="$$(gcc -print-file-name=$(1)) $$(gcc -print-file-name=libstdc++.so)"
sanitize: $(VENV)/dev  ## native tests under the address, undefined-behaviour and thread sanitizers
	$(call SANITIZED,address$(comma)undefined)
	ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=halt_on_error=1 $(call PRELOAD,libasan.so) $(BIN)/pytest -q tests/execute -s -k "not memory_ran_out"
	$(call SANITIZED,thread)
	TSAN_OPTIONS=exitcode=66 $(call PRELOAD,libtsan.so) $(BIN)/pytest -q -s tests/execute/test_native.py tests/execute/test_corners.py -k "(bits or random or equal or epochs or threads or steps or stop) and not memory_ran_out"
	$(PIP) install --editable . --no-deps

fuzz: $(VENV)/dev  ## a hundred and fifty thousand damaged model files: each one clear error, or a model
	$(BIN)/python tests/interop/mutations.py 150000

GRAPHS ?= 200000
fuzz-graphs: $(VENV)/dev  ## random graphs on the machine against the reference: values, bits, training steps; resumable
	$(BIN)/python tests/execute/fuzz_graphs.py 0 $(GRAPHS)

# Debian: apt install g++-aarch64-linux-gnu qemu-user
arm:  ## the kernels cross-compiled for 64-bit ARM, against plain loops, in an emulator
	mkdir -p build/arm
	aarch64-linux-gnu-g++ -std=c++20 -O2 -static -ffp-contract=off -fno-math-errno -Wno-psabi -DCLEARPROP_ISA=baseline -Inative tests/native/kernels_alone.cpp -o build/arm/kernels_alone
	qemu-aarch64 build/arm/kernels_alone

# An environment of its own with the wheel as a user gets it. Polars for processors without AVX2 comes along.
OLDER := build/older
older: | $(VENV)/bin/pip  ## the wheel on emulated processors: Nehalem, Haswell, EPYC-Rome (Debian: qemu-user)
	rm -rf $(OLDER)/wheel
	$(PIP) wheel . --no-deps -C build-dir=$(OLDER)/cmake --wheel-dir $(OLDER)/wheel
	$(PYTHON) -m venv $(OLDER)/env
	$(OLDER)/env/bin/python -m pip --disable-pip-version-check --quiet install --force-reinstall --no-deps $(OLDER)/wheel/*.whl
	$(OLDER)/env/bin/python -m pip --disable-pip-version-check --quiet install "clearprop[cli]" "polars[rtcompat]" "pytest>=8" "hypothesis>=6.100"
	$(OLDER)/env/bin/python tests/native/floor.py $(OLDER)/env/lib/python*/site-packages/clearprop/execute/_native*.so
	$(OLDER)/env/bin/python tests/processors/older.py $(OLDER)/env/bin/python

clean:
	rm -rf $(VENV) build dist demo-output .mypy_cache .ruff_cache .pytest_cache .hypothesis
