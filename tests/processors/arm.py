"""The whole package on 64-bit ARM, emulated by qemu-user: `make arm`.

Debian's Python for ARM is unpacked into build/arm/root, NumPy and safetensors for ARM beside it, and the native part
cross-compiled by the project's own CMakeLists.txt. Then random graphs are held to the reference there, and a training
to the losses of this computer.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from older import TOLERANCE, apart

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ARM = (ROOT / "build" / "arm").absolute()
SYSTEM, SITE, BUILD, TOOLS = ARM / "root", ARM / "site", ARM / "cmake", ARM / "tools"
DEBIAN = ["python3", "libpython3-dev", "libstdc++6"]
WHEELS = ["numpy", "safetensors", "narwhals"]
PLATFORMS = ["manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014"]
NEEDED = {
    "qemu-aarch64": "qemu-user",
    "aarch64-linux-gnu-g++": "g++-aarch64-linux-gnu",
    "cmake": "cmake",
    "ninja": "ninja-build",
    "apt-get": "apt",
    "dpkg-deb": "dpkg",
}
GRAPHS = "30"


def run(*command: str | Path, **variables: str) -> str:
    """What a command prints; it must end with 0."""
    everything = {**os.environ, "OPENBLAS_NUM_THREADS": "1", **variables}
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, env=everything, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {(done.stdout + done.stderr)[-2000:]}")
    return done.stdout


def unpack_debian() -> None:
    """Debian's Python for ARM, with what it needs, into a folder: nothing of this system is touched."""
    state = ARM / "apt"
    for folder in ("lists/partial", "archives/partial", "etc"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    (state / "status").touch()
    sources = [p for p in map(Path, ("/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list")) if p.exists()]
    shutil.copy(sources[0], state / "etc")
    settings = {
        "APT::Architecture": "arm64",
        "APT::Architectures": "arm64",
        "APT::Sandbox::User": "root",
        "Dir::State": state,
        "Dir::State::status": state / "status",
        "Dir::Cache": state,
        "Dir::Etc::sourcelist": state / "etc" / "sources.list",
        "Dir::Etc::sourceparts": state / "etc",
    }
    apt = ["apt-get", "-q", "-y", *(word for key, value in settings.items() for word in ("-o", f"{key}={value}"))]
    run(*apt, "update")
    run(*apt, "install", "--download-only", "--no-install-recommends", *DEBIAN)
    for package in (state / "archives").glob("*.deb"):
        run("dpkg-deb", "-x", package, SYSTEM)


def python() -> Path:
    """Python for ARM, such as python3.11."""
    return next(p for p in (SYSTEM / "usr/bin").glob("python3.*") if p.suffix[1:].isdigit())


def unpack_wheels() -> None:
    """NumPy and safetensors for ARM, and nanobind for the build."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "download", "--no-deps"]
    platforms = [word for name in PLATFORMS for word in ("--platform", f"{name}_aarch64")]
    version = ["--only-binary", ":all:", "--python-version", python().name.removeprefix("python"), *platforms]
    for folder, names in ((SITE, WHEELS), (TOOLS, ["nanobind"])):
        wheels = ARM / f"wheels-{folder.name}"
        run(*pip, *version, "--dest", wheels, *names)
        for wheel in wheels.glob("*.whl"):
            zipfile.ZipFile(wheel).extractall(folder)


def build() -> Path:
    """The package with its native part for ARM. Returns the module."""
    headers = SYSTEM / "usr/include"
    settings = {
        "CMAKE_SYSTEM_NAME": "Linux",
        "CMAKE_SYSTEM_PROCESSOR": "aarch64",
        "CMAKE_CXX_COMPILER": "aarch64-linux-gnu-g++",
        "CMAKE_CXX_FLAGS": f"-idirafter {headers}",  # pyconfig.h of ARM lies there
        "CMAKE_BUILD_TYPE": "Release",
        "Python_EXECUTABLE": sys.executable,
        "Python_INCLUDE_DIR": headers / python().name,
        "nanobind_DIR": TOOLS / "nanobind/cmake",
    }
    run("cmake", "-S", ROOT, "-B", BUILD, "-G", "Ninja", *(f"-D{key}={value}" for key, value in settings.items()))
    run("ninja", "-C", BUILD)
    package = SITE / "clearprop"
    shutil.rmtree(package, ignore_errors=True)
    shutil.copytree(ROOT / "src/clearprop", package, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    made = package / "execute/_native.abi3.so"  # a name that every Python takes, whatever it was built on
    shutil.copy(next(BUILD.glob("_native*.so")), made)
    return made


def main() -> int:
    """Build, run, compare; 1 if anything differs."""
    missing = [f"{name} (Debian: {package})" for name, package in NEEDED.items() if not shutil.which(name)]
    if missing:
        print(f"SKIPPED: the package on ARM: no {', no '.join(missing)}")
        return 0
    if not SYSTEM.exists():
        unpack_debian()
    if not SITE.exists():
        unpack_wheels()
    module = build()
    print(run(sys.executable, ROOT / "tests/support/floor.py", module), end="")
    emulated = ["qemu-aarch64", "-L", SYSTEM, "-E", f"PYTHONPATH={SITE}", python(), HERE / "probe.py"]
    graphs = json.loads(run(*emulated, "graphs", GRAPHS))
    there, here = (json.loads(run(*start, "fit")) for start in (emulated, [sys.executable, HERE / "probe.py"]))
    far = {isa: apart(losses, here["losses"]["reference"]) for isa, losses in there["losses"].items()}
    native = there["executor"].startswith("native (baseline,")
    print(f"ARM: {there['executor']}{'' if native else ', which is not the machine'}; {graphs['right']} graphs right")
    print(f"fit: loss {there['losses']['baseline'][-1]:.7f}, here {here['losses']['reference'][-1]:.7f} (reference)")
    good = max(far.values()) <= TOLERANCE
    print(f"apart from this computer's reference by {max(far.values()):.1e}, bound {TOLERANCE:.0e}")
    return 0 if native and good else 1


if __name__ == "__main__":
    raise SystemExit(main())
