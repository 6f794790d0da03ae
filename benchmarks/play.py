"""The playground in a headless browser: frames a second, time from a weight to all numbers, first paint, memory.

    python benchmarks/play.py [--minutes 10]

Needs Chromium and `pip install "clearprop[play]"`. A real server, a real page, the page's own clock.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

import clearprop as cp
from browser import Browser
from clearprop.execute import executor_in_words

READY = "'ready' in document.documentElement.dataset"
# 2-8-8-2 on 500 points, all of them for training.
MOONS = "await clearprop.ask({do: 'open', preset: 'moons'}); await clearprop.change('data', {test: 0, rows: 500});"
# How often the screen was drawn with new numbers, and how long the bench and the drawing took.
FRAMES = """(async () => {
  let drawn = 0, last = -1, steps = clearprop.position.step;
  const begun = performance.now();
  const look = () => {
    if (clearprop.position.step !== last) { drawn++; last = clearprop.position.step; }
    if (performance.now() - begun < SECONDS * 1000) requestAnimationFrame(look); };
  document.getElementById('do-run').click();
  requestAnimationFrame(look);
  await new Promise((done) => setTimeout(done, SECONDS * 1000));
  const seconds = (performance.now() - begun) / 1000;
  document.getElementById('do-run').click();
  return JSON.stringify([drawn / seconds, (clearprop.position.step - steps) / seconds]);
})()"""
# From the message that changes a weight to the first picture after everything was redrawn.
NUDGE = """(async () => {
  const times = [];
  for (let k = 0; k < 60; k++) {
    const begun = performance.now();
    await clearprop.ask({do: 'assign', name: 'W1', index: [0, 0], value: 0.5 + k / 100});
    document.body.getBoundingClientRect();
    times.push(performance.now() - begun);
    await new Promise((done) => requestAnimationFrame(done));
  }
  return JSON.stringify(times);
})()"""
# A table of 10 MB goes in, while the screen goes on being drawn: the longest time without a picture.
TABLE = """(async () => {
  const rows = ['width,height,colour,kind'];
  for (let k = 0; rows.length < 620000; k++)
    rows.push([(k * 37) % 1009 / 100, (k * 91) % 773 / 10, ['red', 'green', 'blue'][k % 3],
      (k * 37) % 1009 > 500 ? 'a' : 'b'].join());
  const text = rows.join('\\n');
  let longest = 0, last = performance.now(), over = false;
  const look = (now) => {
    longest = Math.max(longest, now - last);
    last = now;
    if (!over) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  const begun = performance.now();
  const answer = await clearprop.ask({do: 'table', name: 'large.csv', text});
  over = true;
  return JSON.stringify([text.length / 1e6, (performance.now() - begun) / 1000, longest, answer.error ?? '']);
})()"""
PAINT = "JSON.stringify(performance.getEntriesByType('paint').map((one) => [one.name, one.startTime]))"


def resident(pid: int) -> float:
    """Megabytes of memory that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def heap(page) -> float:
    """Megabytes of objects in the page, after a collection."""
    page.call("HeapProfiler.collectGarbage")
    return page.call("Runtime.getHeapUsage")["usedSize"] / 2**20


@contextmanager
def served() -> Iterator[tuple[str, int]]:
    """The address and the process of a server; a process of its own, as the browser's driver keeps what it hears."""
    command = [Path(sys.executable).with_name("clearprop"), "play", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1], process.pid
        finally:
            process.terminate()


def opened(browser: Browser, url: str):
    """The page, ready, and the seconds from its address to its being ready."""
    begun = time.perf_counter()
    page = browser.open(url, 1280, 720)
    page.wait_until(READY)
    return page, time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=0.0, help="how long to train for the figure of memory")
    minutes = parser.parse_args().minutes
    print(f"clearprop {cp.__version__}, {executor_in_words()}, Python {platform.python_version()}")
    with served() as (url, pid), Browser() as browser:
        opened(browser, url)  # modules of the server are loaded, as they are when the page is opened by hand
        page, seconds = opened(browser, url)
        paints = dict(json.loads(page.evaluate(PAINT)))
        first = paints.get("first-contentful-paint", float("nan"))
        print(f"first paint {first:.0f} ms; all numbers {1000 * seconds:.0f} ms")
        page.evaluate(f"(async () => {{ {MOONS} }})()")
        times = sorted(json.loads(page.evaluate(NUDGE)))
        middle = statistics.median(times)
        print(f"nudged weight to all numbers: median {middle:.1f} ms, 95 % {times[-4]:.1f}, most {times[-1]:.1f}")
        frames, steps = json.loads(page.evaluate(FRAMES.replace("SECONDS", "5")))
        print(f"2-8-8-2 on 500 points: {frames:.0f} frames a second, {steps:,.0f} steps a second")
        with Browser() as other:
            second, _ = opened(other, url)
            second.evaluate(f"(async () => {{ {MOONS} }})()")
            second.evaluate("document.getElementById('do-run').click()")
            frames, steps = json.loads(page.evaluate(FRAMES.replace("SECONDS", "5")))
            print(f"beside a second browser that trains: {frames:.0f} frames a second, {steps:,.0f} steps a second")
        size, seconds, longest, error = json.loads(page.evaluate(TABLE))
        print(f"a table of {size:.1f} MB: {seconds:.1f} s, longest time without a picture {longest:.0f} ms {error}")
        page.evaluate(f"(async () => {{ {MOONS} }})()")
        if minutes:
            page.evaluate("document.getElementById('do-run').click()")
            for minute in range(int(minutes) + 1):
                step = page.evaluate("clearprop.position.step")
                memory = f"page {heap(page):.1f} MB, server {resident(pid):.0f} MB"
                print(f"minute {minute}: {memory}, step {step:,}", flush=True)
                time.sleep(60)
        print("complaints of the browser:", page.complaints)


if __name__ == "__main__":
    main()
