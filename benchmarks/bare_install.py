"""The playground from a wheel in an empty environment: what it takes on disk, and whether each example learns.

    python benchmarks/bare_install.py

Builds a wheel of this checkout, installs `clearprop[play]` from it into an environment of its own (the only step that
asks a package index), starts `clearprop play` there and drives its page in headless Chromium.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import venv
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from browser import Browser

ROOT = Path(__file__).parents[1]
READY = "'ready' in document.documentElement.dataset"
LEARN = """(async () => {
  const opened = await clearprop.ask({do: 'open', preset: PRESET});
  const before = clearprop.losses.train;
  const taken = opened.error ? opened : await clearprop.ask({do: 'step', steps: 200});
  return JSON.stringify([taken.error ?? '', before, clearprop.losses.train]);
})()"""


def size(folder: Path) -> float:
    """Megabytes of the files in a folder."""
    return sum(one.stat().st_size for one in folder.rglob("*") if one.is_file() and not one.is_symlink()) / 1e6


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        quiet = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*quiet, "wheel", "--no-deps", "--wheel-dir", folder, ROOT], check=True)
        wheel = next(folder.glob("*.whl"))
        environment = folder / "bare"
        venv.create(environment, with_pip=True)
        packages = next(environment.glob("lib/python*/site-packages"))
        empty = size(packages)
        install = [environment / "bin/python", *quiet[1:], "install", f"{wheel}[play]"]
        subprocess.run(install, check=True)
        print(
            f"the wheel: {wheel.stat().st_size / 1e6:.1f} MB; clearprop[play] on disk: {size(packages) - empty:.0f} MB"
        )
        parts = Counter({one.name: size(one) for one in packages.iterdir() if one.is_dir()})
        print("the largest: " + ", ".join(f"{part} {mb:.0f}" for part, mb in parts.most_common(8)))
        drive(environment / "bin/clearprop", folder)


def drive(command: Path, folder: Path) -> None:
    """Open each example on the page that a command serves, and train it."""
    with subprocess.Popen([command, "play", "--no-browser"], stdout=subprocess.PIPE, text=True, cwd=folder) as process:
        assert process.stdout is not None
        found = re.search(r"http\S+", process.stdout.readline())
        assert found
        with Browser() as browser:
            page = browser.open(found[0], 1280, 720)
            page.wait_until(READY)
            for preset in json.loads(page.evaluate("JSON.stringify(Object.keys(clearprop.presets))")):
                error, before, after = json.loads(page.evaluate(LEARN.replace("PRESET", json.dumps(preset))))
                print(f"{preset}: " + (error or f"loss {before:.4g}, after 200 steps {after:.4g}"))
            print("complaints of the browser:", page.complaints)
        process.terminate()


if __name__ == "__main__":
    main()
