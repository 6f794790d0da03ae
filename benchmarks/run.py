"""All measurements, written to benchmarks/results/: `make bench`, or

python benchmarks/run.py [--quick]
"""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import fit_digits
import growth
import memory
import prediction
import steps
from timing import machine

RESULTS = Path(__file__).parent / "results"


def main(quick: bool) -> None:
    """Measure, print, and write."""
    sections = {
        "A training step": lambda: steps.report(steps.measure(quick=quick)),
        "Where the time of a step goes": steps.split,
        "A whole fit: digits, (64,), batches of 32": lambda: (
            fit_digits.report(quick) + "\n\n" + fit_digits.first_step()
        ),
        "Prediction": lambda: prediction.report(quick),
        "Memory": memory.report,
        "Import": import_time,
        "Growth": lambda: growth.draw(growth.measure(quick)) or "![time of a step](growth.png)",
    }
    RESULTS.mkdir(exist_ok=True)
    parts = [f"# Measured\n\n{machine()}; {date.today()}.\n\nMedians of interleaved runs (quartiles); `make bench`."]
    for title, section in sections.items():
        print(f"--- {title}", flush=True)
        parts.append(f"## {title}\n\n{section()}")
        print(parts[-1], flush=True)
    (RESULTS / "README.md").write_text("\n\n".join(parts) + "\n")
    print(f"wrote {RESULTS / 'README.md'}")


def import_time() -> str:
    """What import_time.py prints."""
    script = Path(__file__).parent / "import_time.py"
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    return f"```\n{done.stdout.strip()}\n```"


if __name__ == "__main__":
    main("--quick" in sys.argv)
