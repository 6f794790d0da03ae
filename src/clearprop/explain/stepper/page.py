"""`StepByStep`, the page: the picture, the frames as JSON, and a small script that turns them into motion."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from clearprop.errors import InvalidValueError, plural
from clearprop.explain.stepper.circuit import CaptionedEquation, Circuit, Frame, Numbers
from clearprop.explain.stepper.drawing import CircuitDrawing
from clearprop.files import checked_path, write_atomically
from clearprop.messages import Language, Message, say, spoken
from clearprop.present.formula import Atom, Math, Matrix, to_mathml, to_text
from clearprop.present.page import page
from clearprop.present.writers import inline
from clearprop.visible import shown_json, visible_data

_LARGEST = 40  # numbers of a value that are kept in the page
_PARTS = {"start": "forward", "end": "update"}  # what belongs to another phase on the timeline
_SPEEDS = (0.5, 1, 2, 4)
_ZOOM = {"stepper.zoom_out": "−", "stepper.zoom_in": "+", "stepper.zoom_whole": "⤢"}
_BUTTONS = ("stepper.first", "stepper.back", "stepper.play", "stepper.step", "stepper.last")
_ICONS = {
    "first": "M6 5v14M19 5l-9 7 9 7z",
    "back": "M16 5l-9 7 9 7z",
    "play": "M8 5l11 7-11 7z",
    "pause": "M8 5v14M16 5v14",
    "step": "M8 5l9 7-9 7z",
    "last": "M18 5v14M5 5l9 7-9 7z",
}


@dataclass(frozen=True)
class StepByStep:
    """A walk through one training step, ready to be looked at.

    A notebook shows it by itself; `save("step.html")` writes a page that needs no server and no network.

    Attributes:
        title, subtitle: what it is.
        lang: of all words.
        circuit: the graph and all its numbers.
        frames: the steps, as plain data.
        zoom: "layers", "fused" or "primitives".
        depth: L, the number of layers.
        column: whether formulas and matrices are in the column convention.
        digits: significant digits of printed numbers.
    """

    title: str
    subtitle: str
    lang: Language
    circuit: Circuit
    frames: tuple[Frame, ...]
    zoom: str
    depth: int
    column: bool
    digits: int

    def to_html(self) -> str:
        """The whole page, in one file."""
        lang = self.lang
        picture = CircuitDrawing(self.circuit, self.depth, lang, self.column, self.digits).picture()
        words = {"play": say("stepper.play", lang), "pause": say("stepper.pause", lang)}
        words["counter"] = say("stepper.counter", lang, k="{k}", n="{n}")
        steps = {"steps": [_step(frame, self.circuit, lang) for frame in self.frames], "words": words}
        # Texts hide nothing once they are on the page, and no < in them can end the JSON before its time.
        data = shown_json(visible_data(steps), allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
        folder = files("clearprop.explain.stepper")
        style, script = (folder.joinpath(name).read_text(encoding="utf-8") for name in ("stepper.css", "stepper.js"))
        shown = ("value", "gradient", "new") if self.circuit.gradients else ("value",)
        legend = "".join(f'<li class="{part}">{say(f"stepper.legend_{part}", lang)}</li>' for part in shown)
        body = f"""
<main class="stepper">
<header><h1>{escape(self.title)}</h1><p class="soft">{escape(self.subtitle)}</p>
<ul class="legend">{legend}</ul></header>
<div class="view"><div class="stage" id="stage" tabindex="0" role="group" aria-label="{say("stepper.graph", lang)}">{
            picture.svg
        }</div>
<div class="zoom" role="group" aria-label="{say("stepper.zoom", lang)}">{_zoom_buttons(lang)}</div></div>
<section class="panel" id="panel" aria-label="{say("stepper.this_step", lang)}"></section>
{_controls(self.frames, lang)}
<p class="keys soft">{say("stepper.keys", lang)} {say("stepper.rounded", lang, digits=self.digits)}</p>
<p class="unseen" id="say" role="status" aria-live="polite"></p>
<noscript><p>{say("stepper.no_script", lang)}</p></noscript>
</main>
<script type="application/json" id="steps">{data}</script>"""
        return page(self.title, body, lang, style, script)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page to an .html file.

        Raises:
            InvalidValueError: for another ending.
            FileError: if it cannot be written.
        """
        suffix = Path(checked_path(path)).suffix
        if suffix.lower() not in (".html", ".htm"):
            raise InvalidValueError(f"a file ending in {suffix!r}", ".html")
        write_atomically(path, self.to_html().encode())

    def _repr_html_(self) -> str:
        style = "width:100%;height:760px;border:0;border-radius:8px"
        return f'<iframe title="{escape(self.title)}" style="{style}" srcdoc="{escape(self.to_html())}"></iframe>'

    def __repr__(self) -> str:
        return f"<StepByStep: {plural(len(self.frames), 'step')}, zoom {self.zoom!r}>"


# --- one step


def _step(frame: Frame, circuit: Circuit, lang: Language) -> dict[str, Any]:
    return {
        "phase": frame.phase,
        "panel": _panel(frame, lang),
        "say": _said(frame, lang),
        "at": frame.at,
        "flow": [">".join(edge) for edge in frame.flow],
        "shows": [[part, node, _exact(circuit.number(part, node))] for part, node in frame.shows],
    }


def _exact(value: Numbers) -> Any:
    """All digits, for whoever points at a number; None for what JSON cannot hold or is too much to keep."""
    array = np.asarray(value, np.float64)
    return array.tolist() if array.size <= _LARGEST and np.isfinite(array).all() else None


def _panel(frame: Frame, lang: Language) -> str:
    subject = "" if frame.subject is None else f" {to_mathml(frame.subject)}"
    text = "".join(f"<p>{inline(sentence, lang)}</p>" for sentence in frame.text)
    text = f'<div class="text">{text}</div>' if text else ""
    lines = "".join(_line(line, lang) for line in frame.lines)
    return f'<h2>{inline(frame.title, lang)}{subject}</h2>{text}<div class="lines">{lines}</div>'


def _line(line: CaptionedEquation, lang: Language) -> str:
    of = "" if line.of is None else f" {to_mathml(line.of)}"
    label = f'<span class="label">{inline(line.label, lang)}{of}</span>' if line.label else ""
    first, *sides = map(_inner, line.sides)
    last = ' class="result"' if _is_number(line.sides[-1]) else ""
    rest = [f"<math{last if i == len(sides) else ''}><mo>=</mo>{side}</math>" for i, side in enumerate(sides, 1)]
    return f'<div class="line">{label}<span class="equation"><math>{first}</math>{"".join(rest)}</span></div>'


def _inner(m: Math) -> str:
    return to_mathml(m).removeprefix("<math>").removesuffix("</math>")


def _is_number(m: Math) -> bool:
    if isinstance(m, Matrix):
        return all(_is_number(x) for line in m.rows for x in line)
    return isinstance(m, Atom) and m.kind == "number"


def _said(frame: Frame, lang: Language) -> str:
    """The step for a screen reader: what happens, and what comes out."""
    subject = [] if frame.subject is None else [to_text(frame.subject)]
    results = [f"{to_text(line.sides[0])} = {to_text(line.sides[-1])}" for line in frame.lines if len(line.sides) > 1]
    return f"{' '.join([spoken(frame.title, lang), *subject])}. {'; '.join(results)}"


# --- what it is steered with


def _controls(frames: Sequence[Frame], lang: Language) -> str:
    buttons = "".join(_button(key.removeprefix("stepper."), say(key, lang)) for key in _BUTTONS)
    speeds = "".join(f'<option value="{s}"{" selected" if s == 1 else ""}>{s:g}×</option>' for s in _SPEEDS)
    timeline, speed = say("stepper.timeline", lang), say("stepper.speed", lang)
    return f"""<nav class="controls" aria-label="{say("stepper.controls", lang)}">
<div class="timeline"><div class="phases">{"".join(_phases(frames, lang))}</div>
<input type="range" id="slider" min="0" max="{len(frames) - 1}" value="0" aria-label="{timeline}"></div>
<div class="buttons">{buttons}<span id="counter"></span>
<label><span>{speed}</span> <select id="speed" aria-label="{speed}">{speeds}</select></label></div>
</nav>"""


def _zoom_buttons(lang: Language) -> str:
    labels = {key.removeprefix("stepper."): (say(key, lang), sign) for key, sign in _ZOOM.items()}
    return "".join(
        f'<button type="button" id="{name}" aria-label="{label}" title="{label}">{sign}</button>'
        for name, (label, sign) in labels.items()
    )


def _button(name: str, label: str) -> str:
    icons = ("play", "pause") if name == "play" else (name,)
    paths = "".join(f'<path class="{icon}" d="{_ICONS[icon]}"/>' for icon in icons)
    icon = f'<svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">{paths}</svg>'
    return f'<button type="button" id="{name}" aria-label="{label}" title="{label}">{icon}</button>'


def _phases(frames: Sequence[Frame], lang: Language) -> Iterator[str]:
    """One button for each part of the timeline, as long as it takes."""
    parts = [_PARTS.get(frame.phase, frame.phase) for frame in frames]
    for part in dict.fromkeys(parts):
        name = Message(f"stepper.phases.{part}" if len(set(parts)) > 1 else "stepper.forward_alone")
        data = f'data-phase="{part}" data-step="{parts.index(part)}" style="flex-grow:{parts.count(part)}"'
        yield f'<button type="button" {data}>{name(lang)}</button>'
