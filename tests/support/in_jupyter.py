"""The playground in a real JupyterLab, driven in a headless Chromium: what a person would see, step by step.

    python tests/support/in_jupyter.py [--python ENVIRONMENT/bin/python] [--pictures FOLDER]

The environment of the notebook needs `pip install jupyterlab "clearprop[notebook]"`; by default it is the script's own.
Prints what it found, and ends with 1 where something is not as it should be.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from browser import Browser

READY = "'ready' in document.documentElement.dataset"
CELLS = (
    "from clearprop.play.widget import Playground\nplay = Playground('moons')\nplay",
    "import json\nnet = play.network\n"
    "print(json.dumps([play.state['position']['step'], net.parameters['W1'].tolist()]))",
    "import time\ntime.sleep(12)\nprint('slept')",
    "net.fit([[0.0, 1.0]], [1], epochs=3)\nprint(play.state['position']['step'])",
    "play.network = net\nplay.height = 560\nprint(json.dumps(net.parameters['W1'].tolist()))",
)
NOTEBOOK = "jupyterapp.shell.currentWidget.content"


@contextmanager
def lab(python: str, folder: Path):
    """JupyterLab on a free port; its address, for a notebook in the folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    options = [
        f"--ServerApp.token={token}",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={folder}",
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.extension_manager=readonly",
    ]
    log = (folder / "log").open("w")
    own = {f"JUPYTERLAB_{what}_DIR": str(folder / what) for what in ("SETTINGS", "WORKSPACES")}  # not the user's
    command = [python, "-m", "jupyterlab", "--no-browser", "--allow-root", *options]
    server = subprocess.Popen(command, stderr=log, env={**os.environ, **own})
    try:
        end = time.monotonic() + 60
        while socket.socket().connect_ex(("127.0.0.1", port)):
            if time.monotonic() > end or server.poll() is not None:
                raise TimeoutError((folder / "log").read_text())
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/lab/tree/cell.ipynb?token={token}"
    finally:
        server.terminate()
        server.wait(20)


def write_notebook(path: Path) -> None:
    """A notebook with our cells, none of which has run."""
    cells = [
        {"cell_type": "code", "id": f"cell{k}", "metadata": {}, "execution_count": None, "outputs": [], "source": text}
        for k, text in enumerate(CELLS)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path.write_text(
        json.dumps({"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5})
    )


def run(page, k: int) -> None:
    """Run a cell; what it prints comes later."""
    page.evaluate(f"{NOTEBOOK}.activeCellIndex = {k}; jupyterapp.commands.execute('notebook:run-cell'); 0")


def press(frame, element: str) -> None:
    """Click a button of the page, as a person does it, who may copy what a script alone may not."""
    expression = f"document.getElementById('{element}').click()"
    frame.call("Runtime.evaluate", expression=expression, userGesture=True)


def printed(page, k: int) -> str:
    """What a cell has printed once it is over."""
    page.wait_until(f"{NOTEBOOK}.model.cells.get({k}).executionCount")
    page.wait_until(f"{NOTEBOOK}.model.cells.get({k}).outputs.length")
    found = json.loads(page.evaluate(f"JSON.stringify({NOTEBOOK}.model.cells.get({k}).outputs.toJSON())"))
    return "".join("".join(one.get("text", one.get("traceback", ""))) for one in found)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--python", default=sys.executable, help="of the environment with JupyterLab")
    parser.add_argument("--pictures", type=Path, default=Path("build/notebook"), help="where screenshots go")
    given = parser.parse_args()
    given.pictures.mkdir(parents=True, exist_ok=True)
    wrong = 0

    def said(what: str, holds: bool) -> None:
        nonlocal wrong
        wrong += not holds
        print("ok   " if holds else "WRONG", what, flush=True)

    with tempfile.TemporaryDirectory(prefix="clearprop-lab-") as name, Browser() as browser:
        folder = Path(name)
        write_notebook(folder / "cell.ipynb")
        with lab(given.python, folder) as url:
            page = browser.open(url, 1280, 900)
            page.wait_until(
                f"globalThis.jupyterapp?.shell.currentWidget?.content?.model?.cells?.length === {len(CELLS)}"
            )
            page.wait_until("jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'")
            run(page, 0)
            frame = page.frame()
            frame.wait_until(READY)
            said("the page is there, with the numbers of the kernel", True)
            page.screenshot(given.pictures / "shown.png")

            press(frame, "do-run")
            frame.wait_until("clearprop.position.step > 300")
            press(frame, "do-run")
            frame.wait_until("!clearprop.running")
            page.screenshot(given.pictures / "trained.png")
            run(page, 1)
            step, weights = json.loads(printed(page, 1))
            said(f"the next cell has the network of step {step}", step == frame.evaluate("clearprop.position.step"))
            said(
                "and its weights", weights == json.loads(frame.evaluate("JSON.stringify(clearprop.numbers.values.W1)"))
            )

            run(page, 2)
            time.sleep(1)
            press(frame, "do-sample")
            time.sleep(6)
            page.screenshot(given.pictures / "busy.png")
            taken = frame.evaluate("clearprop.position.step") - step
            is_said = page.evaluate("[...document.querySelectorAll('p[role=status]')].some((one) => !one.hidden)")
            said(f"while a cell runs, a step is taken ({taken}) or the wait is said ({is_said})", taken == 1 or is_said)
            frame.wait_until(f"clearprop.position.step === {step + 1}")
            run(page, 3)
            said(f"a fit of the copy leaves the bench at step {step + 1}", printed(page, 3).split() == [str(step + 1)])
            run(page, 4)
            weights = json.loads(printed(page, 4))
            frame.wait_until(f"{json.dumps(weights)}.flat().join() === clearprop.numbers.values.W1.flat().join()")
            said("the network that went on in the notebook is shown in the page", True)
            height = page.evaluate("document.querySelector('iframe[sandbox]').getBoundingClientRect().height")
            said(f"the height follows: {height}", height == 560)

            press(frame, "do-share")
            frame.wait_until("document.getElementById('told').textContent + clearprop.error")
            said("link: " + frame.evaluate("document.getElementById('told').textContent || clearprop.error"), True)

            page.evaluate(
                f"{NOTEBOOK}.activeCellIndex = 0; jupyterapp.commands.execute('notebook:create-output-view'); 0"
            )
            second = page.frame()
            second.wait_until(READY)
            press(second, "do-sample")
            second.wait_until(f"clearprop.position.step === {step + 2}")
            press(frame, "do-sample")
            frame.wait_until(f"clearprop.position.step === {step + 3}")
            said("a second view has the same bench, and the first one goes on from there", True)
            page.evaluate("globalThis.asked = 0; addEventListener('message', () => { asked += 1; }); 0")
            time.sleep(5)
            asked = page.evaluate("asked")
            said(f"both are quiet when nobody touches them: {asked} messages in 5 seconds", asked < 10)
            page.screenshot(given.pictures / "twice.png")

            page.evaluate("jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'}); 0")
            page.wait_until("document.body.dataset.jpThemeLight === 'false'")
            time.sleep(1)
            said(
                "the page follows the dark theme", frame.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
            )
            page.screenshot(given.pictures / "dark.png")
            print("complaints of the page:", frame.complaints)
            print("complaints of the notebook:", page.complaints)
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
