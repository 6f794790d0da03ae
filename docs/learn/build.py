"""Build the course: python docs/learn/build.py [--check]

Reads source/en and source/zh, runs every snippet, checks every formula, draws every figure, and writes en/, zh/,
figures/, README.md, README.zh.md, and the pages as notebooks to examples/. With --check nothing is written: the exit
code says whether all is up to date.
How a page is written: CONTRIBUTING.md.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from course.build import build, out_of_date
from course.notebooks import notebooks

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "examples"


def main() -> int:
    """Build, or check; say what was done."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file is not up to date")
    parser.add_argument("--page", default="", help="only pages whose name begins so, such as 03 (writes no index)")
    options = parser.parse_args()
    files = build(HERE, options.page)
    stale = out_of_date(HERE, files, whole=not options.page)
    for path in stale:
        print("not up to date:" if options.check else "written:" if path in files else "removed:", path)
    if options.check:
        return bool(stale)
    for path in stale:
        if path in files:
            (HERE / path).parent.mkdir(exist_ok=True)
            (HERE / path).write_text(files[path], encoding="utf-8")
        else:
            (HERE / path).unlink()
    if not options.page:
        for name, text in notebooks(HERE).items():
            (EXAMPLES / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
