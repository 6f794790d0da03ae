"""The widget without a notebook: its script in a page of the test's own, with a model whose messages Python answers."""

from __future__ import annotations

import json
import time
from importlib.resources import files

_PAGE = """<!DOCTYPE html><meta charset="utf-8"><title>cell</title><body style="color: COLOUR"><div id="cell"></div>
<script type="module">
const source = SOURCE, values = VALUES, listeners = new Map();
globalThis.asked = [];
globalThis.model = {
  get: (name) => values[name],
  send: (message) => asked.push(message),
  on: (event, listener) => listeners.set(event, new Set([...(listeners.get(event) ?? []), listener])),
  off: (event, listener) => listeners.get(event).delete(listener),
};
globalThis.tell = (event, message) => { for (const listener of listeners.get(event) ?? []) listener(message); };
globalThis.set = (name, value) => { values[name] = value; tell(`change:${name}`); };
globalThis.heard = () => [...listeners.values()].reduce((sum, each) => sum + each.size, 0);
const widget = (await import(URL.createObjectURL(new Blob([source], {type: "text/javascript"})))).default;
globalThis.show = () => widget.render({ model, el: document.getElementById("cell") });
globalThis.take = await show();
</script>"""


class Framed:
    """A cell with the widget in it, and its page, which is a frame with an origin of its own.

    Args:
        values: of the model, by name: page, words, height.
        answer: what answers a message of the page.
    """

    def __init__(self, browser, values, answer, colour="black", **options):
        script = files("clearprop.play").joinpath("widget.js").read_text(encoding="utf-8")
        html = _PAGE.replace("COLOUR", colour)
        for name, value in (("SOURCE", script), ("VALUES", values)):
            html = html.replace(name, json.dumps(value).replace("<", "\\u003c"))
        self._answer = answer
        self.cell = browser.open(html, **options)
        self.cell.wait_until("globalThis.asked?.length")
        self.page = self.cell.frame()
        self.wait_until("'ready' in document.documentElement.dataset")

    def answered(self):
        """Answer what the page has asked; how many messages that were."""
        asked = json.loads(self.cell.evaluate("JSON.stringify(asked.splice(0))"))
        for one in asked:
            message = {**one, "answer": self._answer(one["message"])}
            del message["message"]
            self.cell.evaluate(f"tell('msg:custom', {json.dumps(message, allow_nan=False)})")
        return len(asked)

    def wait_until(self, expression):
        """Answer until a JavaScript condition holds in the page."""
        end = time.monotonic() + 60
        while not self.page.evaluate(expression):
            assert time.monotonic() < end, f"never true: {expression}"
            self.answered() or time.sleep(0.02)
