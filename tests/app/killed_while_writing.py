"""Processes that are killed (SIGKILL) while they write a file of each kind.

python tests/app/killed_while_writing.py 200

kills 200 of each kind and says what was found: the file as it was, as it became, or neither, and how many kills left a
temporary file, which the next writer into the folder has to clear away.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from every_file import KINDS, TRAINED, is_whole, prepare, train, whole_training_file, write


def forked(work):
    """A child that does nothing else, over and over; it ends by being killed, or soon after its parent."""
    parent, child = os.getpid(), os.fork()
    if child:
        return child
    try:
        while os.getppid() == parent:
            work()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def killed(child, seconds, folder=None):
    """Kill a child after some seconds, or as soon as a file has appeared in a folder; whether it lived until then."""
    there, end = set(folder.iterdir()) if folder else set(), time.perf_counter() + seconds
    while time.perf_counter() < end and (not folder or set(folder.iterdir()) <= there):
        time.sleep(0 if folder else max(0, end - time.perf_counter()))
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def writing_killed(kind, folder, inputs, kills, rng):
    """Kill as many writers of one kind of file; returns what was found."""
    path, contents, found = folder / KINDS[kind], [], Counter(stale=0)
    for version in (0, 1):
        start = time.perf_counter()
        write(kind, path, version, inputs)
        took = time.perf_counter() - start
        contents.append(path.read_bytes())
    assert contents[0] != contents[1]

    def both():
        for version in (0, 1):
            write(kind, path, version, inputs)

    for number in range(kills):  # every other one strikes where a file has just been begun
        aim = (30, folder) if number % 2 else (rng.uniform(0, 3 * took + 0.005),)
        found["lived"] += killed(forked(both), *aim)
        found["whole" if is_whole(kind, path, contents) else "BROKEN"] += 1
        left = set(folder.iterdir()) - {path}
        found["struck"] += bool(left)
        write(kind, path, 0, inputs)
        found["stale"] += len(set(folder.iterdir()) - {path})
    return found


def training_killed(folder, inputs, kills, rng):
    """The same with the command that writes five files; they are judged by their own form."""
    found = Counter(stale=0)
    start = time.perf_counter()
    train(folder, inputs)
    took = time.perf_counter() - start

    def both():
        for seed in (0, 1):
            train(folder, inputs, seed)

    for _ in range(kills):
        found["lived"] += killed(forked(both), rng.uniform(0, 2 * took))
        for name in TRAINED:
            found["whole" if whole_training_file(folder / name) else "BROKEN"] += 1
        found["struck"] += any(path.name not in TRAINED for path in folder.iterdir())
        if any(path.name not in TRAINED for path in folder.iterdir()):
            train(folder, inputs)
        found["stale"] += sum(path.name not in TRAINED for path in folder.iterdir())
    return found


def all_kinds(kills, kinds=(*KINDS, "training"), seed=0):
    """(kind, what was found), one after another."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as place:
        inputs = prepare(Path(place) / "inputs")
        for kind in kinds:
            folder = Path(place) / kind
            folder.mkdir()
            if kind == "training":
                yield kind, training_killed(folder, inputs, kills, rng)
            else:
                yield kind, writing_killed(kind, folder, inputs, kills, rng)


if __name__ == "__main__":
    for kind, found in all_kinds(int(sys.argv[1]), sys.argv[2:] or (*KINDS, "training")):
        print(kind.ljust(12), dict(found), flush=True)
