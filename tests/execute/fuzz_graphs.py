"""Any number of random graphs on the machine, from seed to seed: `make fuzz-graphs`, or

    python tests/execute/fuzz_graphs.py 0 200000 --processes 2

Finished ranges are remembered in build/fuzz-graphs.json, so that an interrupted run goes on; `--anew` forgets them.
At the end stands a table of what was reached: ops, types, kernels, operations of chains, ways of reading.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))

import numpy as np

from clearprop.execute import instruction_sets
from clearprop.graph import OPS
from native_equals import MICROS, MODES, NAMES, WrongError, check

STATE = Path("build/fuzz-graphs.json")
BLOCK = 250


def run_block(first: int, last: int) -> tuple[int, dict[str, int], list[tuple[int, str]]]:
    """The graphs of some seeds: what they reached, and what was wrong."""
    np.seterr(all="ignore")
    seen: Counter[str] = Counter()
    wrong = []
    sets = instruction_sets()
    for seed in range(first, last):
        isa = sets[seed % len(sets)]
        try:
            check(seed, isa, seen)
        except WrongError as error:
            wrong.append((seed, f"{isa}: {error}"))
        except Exception as error:
            wrong.append((seed, f"{isa}: {type(error).__name__}: {error}"))
        seen["graphs"] += 1
    return first, dict(seen), wrong


def table(seen: Counter[str]) -> str:
    """What was reached, a group a paragraph; a name of the registry or of the machine that was not is shown with 0."""
    groups: dict[str, dict[str, int]] = {}
    for prefix, names in {"op": OPS, "code": NAMES, "micro": MICROS, "read": MODES}.items():
        groups[prefix] = dict.fromkeys(names, 0)
    for key, count in seen.items():
        group, _, name = key.partition(" ")
        groups.setdefault(group, {})[name or group] = count
    lines = []
    for group in ("graphs", "form", "dtype", "op", "type", "code", "micro", "read", "place", "domain"):
        counts = sorted(groups.get(group, {}).items(), key=lambda item: -item[1])
        lines.append(f"{group}: " + ", ".join(f"{name} {count:,}" for name, count in counts))
    taken = len([key for key in seen if key.startswith("taken ")])
    share = {key: f"{seen[key]:,}" for key in ("native", "trained", "predictions", "outputs", "vague outputs", "steps")}
    lines.append("; ".join(f"{key}: {value}" for key, value in share.items()))
    lines.append(f"{taken:,} kernels by the ranks of what they took")
    reasons = Counter({key.partition(": ")[2].split(":")[0]: 0 for key in seen if key.startswith("not native: ")})
    for key, count in seen.items():
        if key.startswith("not native: "):
            reasons[key.partition(": ")[2].split(":")[0]] += count
    lines.append("on the reference: " + ", ".join(f"{why} {count:,}" for why, count in reasons.most_common()))
    none = [
        f"{group} {name}" for group in ("op", "code", "micro", "read") for name, n in groups[group].items() if not n
    ]
    lines.append(f"not reached: {', '.join(none) or 'nothing'}")
    return "\n\n".join(lines)


def load(key: str, anew: bool) -> dict[str, dict[str, int]]:
    """Blocks that are done, by their first seed."""
    if anew or not STATE.exists():
        return {}
    done = json.loads(STATE.read_text())
    return done["blocks"] if done.get("key") == key else {}


def main() -> int:
    """Run the seeds that are left; 1 if any graph was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", type=int)
    parser.add_argument("last", type=int)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--anew", action="store_true")
    asked = parser.parse_args()
    key = f"{asked.first}-{asked.last}"
    done = load(key, asked.anew)
    starts = [s for s in range(asked.first, asked.last, BLOCK) if str(s) not in done]
    wrong: list[tuple[int, str]] = []
    began, graphs = time.time(), 0
    STATE.parent.mkdir(exist_ok=True)
    with ProcessPoolExecutor(asked.processes) as pool:
        jobs = [pool.submit(run_block, s, min(s + BLOCK, asked.last)) for s in starts]
        for job in as_completed(jobs):
            first, seen, bad = job.result()
            graphs += seen["graphs"]
            for seed, message in bad:
                print(f"seed {seed}: {message}\n", flush=True)
            wrong += bad
            if not bad:
                done[str(first)] = seen
                STATE.write_text(json.dumps({"key": key, "blocks": done}))
            if (graphs // BLOCK) % 20 == 0:
                print(f"{graphs:,} graphs, {len(wrong)} wrong, {time.time() - began:.0f} s", flush=True)
    total: Counter[str] = Counter()
    for seen in done.values():
        total.update(seen)
    print(table(total))
    print(f"{total['graphs']:,} graphs right, {len(wrong)} wrong: {[seed for seed, _ in wrong[:50]]}")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
