"""The budget of lines: how many each folder of the package has, and how many it may have (`make lint`).

    python tests/support/lines.py

Lines of Python, style sheets and scripts count; catalogues do not. The budget stands in pyproject.toml under
[tool.clearprop.lines]; a folder that is not named there, or has more than it may, ends with exit code 1.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "clearprop"
COUNTED = {".py", ".pyi", ".css", ".js"}


def lines_of(path: Path) -> int:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.suffix in COUNTED]
    return sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files)


def main() -> int:
    with (ROOT / "pyproject.toml").open("rb") as file:
        budget: dict[str, int] = tomllib.load(file)["tool"]["clearprop"]["lines"]
    folders = {path.name: lines_of(path) for path in SOURCE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    folders["(files)"] = sum(lines_of(path) for path in SOURCE.iterdir() if path.suffix in COUNTED)
    over = {name: n for name, n in folders.items() if n > budget.get(name, 0)}
    for name, n in sorted(folders.items(), key=lambda pair: -pair[1]):
        print(f"{name:12} {n:6,} of {budget.get(name, 0):6,}{'  MORE THAN ITS BUDGET' if name in over else ''}")
    print(f"{'in all':12} {sum(folders.values()):6,} of {sum(budget.values()):6,}")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
