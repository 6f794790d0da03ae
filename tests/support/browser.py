"""A headless Chromium, driven through the DevTools protocol: opens a page, presses keys, reads what is shown.

The protocol's messages go through a pair of pipes (file descriptors 3 and 4 of the browser), each ended by a zero byte,
so that nothing but the standard library is needed and no port is opened.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
needs_browser = [pytest.mark.system, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH")]

_PATIENCE = 60.0  # seconds until a silent browser is given up
_OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-extensions", "--mute-audio"),
    *("--disable-dev-shm-usage", "--remote-debugging-pipe"),
)
# Puts two pipes where the browser expects them, and becomes the browser.
_LAUNCH = """
import fcntl, os, sys
pipes = [fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3]]
os.dup2(pipes[0], 3)
os.dup2(pipes[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
_KEYS = {
    "ArrowRight": 39,
    "ArrowLeft": 37,
    "Home": 36,
    "End": 35,
    "Tab": 9,
    "Enter": 13,
    " ": 32,
    ".": 190,
    "-": 189,
    "Escape": 27,
    "ArrowUp": 38,
    "ArrowDown": 40,
}


class Browser:
    """One browser process; `with Browser() as browser: page = browser.open(html)`."""

    def __enter__(self):
        self._folder = Path(tempfile.mkdtemp(prefix="clearprop-browser-"))
        commands, self._commands = os.pipe()
        self._answers, answers = os.pipe()
        options = [*_OPTIONS, f"--user-data-dir={self._folder / 'profile'}"]
        self._process = subprocess.Popen(
            [sys.executable, "-c", _LAUNCH, str(commands), str(answers), CHROMIUM, *options, "about:blank"],
            pass_fds=(commands, answers),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(answers)
        self._numbers, self._unread = itertools.count(1), b""
        self.events = []
        return self

    def __exit__(self, *_):
        try:
            self.call("Browser.close")
            self._process.wait(_PATIENCE)
        except (ConnectionError, TimeoutError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        os.close(self._commands)
        os.close(self._answers)
        shutil.rmtree(self._folder, ignore_errors=True)

    def call(self, method, session=None, **params):
        """Send a command and wait for its answer; events that come in between are kept."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params} | ({"sessionId": session} if session else {})
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def wait_for(self, method, session):
        """The next event of a kind."""
        while True:
            for event in self.events:
                if event.get("method") == method and event.get("sessionId") == session:
                    return event
            self.events.append(self._read())

    def _read(self):
        while b"\0" not in self._unread:
            if not select.select([self._answers], [], [], _PATIENCE)[0]:
                raise TimeoutError("the browser does not answer")
            found = os.read(self._answers, 1 << 20)
            if not found:
                raise ConnectionError("the browser has gone")
            self._unread += found
        message, _, self._unread = self._unread.partition(b"\0")
        return json.loads(message)

    def open(self, page, width=1280, height=800, dark=False, fragment="", reduced_motion=False):
        """Open a file, an address, or HTML text, in a window of its own."""
        path = page
        if isinstance(page, str) and page.startswith("http://"):
            return Page(self, page + fragment, width, height, dark, reduced_motion)
        if isinstance(page, str):
            path = self._folder / f"page{next(self._numbers)}.html"
            path.write_text(page, encoding="utf-8")
        return Page(self, path.resolve().as_uri() + fragment, width, height, dark, reduced_motion)


class Page:
    """One page in the browser.

    Attributes:
        url: what was opened.
    """

    def __init__(self, browser, url, width, height, dark, reduced_motion):
        self._attach(browser, browser.call("Target.createTarget", url="about:blank")["targetId"], url)
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce" if reduced_motion else "no-preference"},
        ]
        self.call("Emulation.setEmulatedMedia", features=features)
        self.call("Page.navigate", url=url)
        browser.wait_for("Page.loadEventFired", self._session)

    def _attach(self, browser, target, url):
        self._browser, self._target, self.url = browser, target, url
        self._session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def frame(self):
        """The page in a sandboxed frame of this one, which has a process of its own; the next time another one."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            for one in self._browser.call("Target.getTargets")["targetInfos"]:
                parents = one.get("parentId"), one.get("parentFrameId")
                if one["type"] == "iframe" and self._target in parents and not one["attached"]:
                    return Frame(self._browser, one["targetId"], one["url"])
            time.sleep(0.02)
        raise TimeoutError("no sandboxed frame in the page")

    def call(self, method, **params):
        """A command of the protocol to this page."""
        return self._browser.call(method, self._session, **params)

    def evaluate(self, expression):
        """The value of a JavaScript expression."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["exception"].get("description", "an exception"))
        return answer["result"].get("value")

    def press(self, key, times=1):
        """A key of the keyboard, as a person presses it."""
        text = {" ": " ", "Enter": "\r"}.get(key, key if len(key) == 1 else None)
        event = {"key": key, "code": "Space" if key == " " else key}
        event["windowsVirtualKeyCode"] = _KEYS.get(key, ord(key[0]))
        for _ in range(times):
            self.call("Input.dispatchKeyEvent", type="keyDown", **event, **({"text": text} if text else {}))
            self.call("Input.dispatchKeyEvent", type="keyUp", **event)

    def wait_until(self, expression):
        """Until a JavaScript condition holds."""
        end = time.monotonic() + _PATIENCE
        while not self.evaluate(expression):
            if time.monotonic() > end:
                raise TimeoutError(f"never true: {expression}")
            time.sleep(0.02)

    def screenshot(self, path, whole=False):
        """The window, or the whole page, as PNG."""
        options = {"captureBeyondViewport": True} if whole else {}
        if whole:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            options["clip"] = {**size, "scale": 1}
        image = self.call("Page.captureScreenshot", format="png", **options)["data"]
        Path(path).write_bytes(base64.b64decode(image))

    @property
    def requests(self):
        """Every address that the page has asked for, but its own."""
        found = [e["params"]["request"]["url"] for e in self._events("Network.requestWillBeSent")]
        return [url for url in found if url.partition("#")[0] != self.url.partition("#")[0]]

    @property
    def complaints(self):
        """Exceptions, and errors and warnings in the console."""
        self.evaluate("0")  # so that what has happened so far has been told
        details = [e["params"]["exceptionDetails"] for e in self._events("Runtime.exceptionThrown")]
        thrown = [one.get("exception", {}).get("description") or one["text"] for one in details]
        said = [e["params"] for e in self._events("Runtime.consoleAPICalled")]
        logged = [e["params"]["entry"] for e in self._events("Log.entryAdded")]
        return [
            *thrown,
            *(str(s["args"]) for s in said if s["type"] in ("error", "warning", "assert")),
            *(entry["text"] for entry in logged if entry["level"] in ("error", "warning")),
        ]

    def _events(self, method):
        return [e for e in self._browser.events if e.get("method") == method and e.get("sessionId") == self._session]


class Frame(Page):
    """The page in a frame."""

    def __init__(self, browser, target, url):
        self._attach(browser, target, url)
