"""The page: the picture, the frames as JSON, and a small script that turns them into motion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files
from typing import Any

import numpy as np

from clearprop.explain.stepper.circuit import CaptionedEquation, Circuit, Frame, Numbers
from clearprop.messages import Language, Message, say, spoken
from clearprop.present.figure.scene import Picture
from clearprop.present.formula import Atom, Math, Matrix, to_mathml, to_text
from clearprop.present.page import page
from clearprop.visible import shown_json, visible_data

_LARGEST = 40  # numbers of a value that are kept in the page
_PARTS = {"start": "forward", "end": "update"}  # what belongs to another phase on the timeline
_SPEEDS = (0.5, 1, 2, 4)
_BUTTONS = ("stepper.first", "stepper.back", "stepper.play", "stepper.step", "stepper.last")
_ICONS = {
    "first": "M6 5v14M19 5l-9 7 9 7z",
    "back": "M16 5l-9 7 9 7z",
    "play": "M8 5l11 7-11 7z",
    "pause": "M8 5v14M16 5v14",
    "step": "M8 5l9 7-9 7z",
    "last": "M18 5v14M5 5l9 7-9 7z",
}


def rendered(
    title: str, subtitle: str, lang: Language, digits: int, circuit: Circuit, frames: Sequence[Frame], picture: Picture
) -> str:
    """The whole page, in one file."""
    words = {"play": say("stepper.play", lang), "pause": say("stepper.pause", lang)}
    words["counter"] = say("stepper.counter", lang, k="{k}", n="{n}")
    steps = {"steps": [_step(frame, circuit, lang) for frame in frames], "words": words}
    # Texts hide nothing once they are on the page, and no < in them can end the JSON before its time.
    data = shown_json(visible_data(steps), allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    folder = files("clearprop.explain.stepper")
    style, script = (folder.joinpath(name).read_text(encoding="utf-8") for name in ("stepper.css", "stepper.js"))
    shown = ("value", "gradient", "new") if circuit.gradients else ("value",)
    legend = "".join(f'<li class="{part}">{say(f"stepper.legend_{part}", lang)}</li>' for part in shown)
    body = f"""
<main class="stepper">
<header><h1>{escape(title)}</h1><p class="soft">{escape(subtitle)}</p>
<ul class="legend">{legend}</ul></header>
<div class="stage" id="stage">{picture.svg}</div>
<section class="panel" id="panel" aria-label="{say("stepper.this_step", lang)}"></section>
{_controls(frames, lang)}
<p class="keys soft">{say("stepper.keys", lang)} {say("stepper.rounded", lang, digits=digits)}</p>
<p class="unseen" id="say" role="status" aria-live="polite"></p>
<noscript><p>{say("stepper.no_script", lang)}</p></noscript>
</main>
<script type="application/json" id="steps">{data}</script>"""
    return page(title, body, lang, style, script)


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
    text = "".join(f"<p>{escape(spoken(sentence, lang))}</p>" for sentence in frame.text)
    text = f'<div class="text">{text}</div>' if text else ""
    lines = "".join(_line(line, lang) for line in frame.lines)
    return f'<h2>{escape(spoken(frame.title, lang))}{subject}</h2>{text}<div class="lines">{lines}</div>'


def _line(line: CaptionedEquation, lang: Language) -> str:
    of = "" if line.of is None else f" {to_mathml(line.of)}"
    label = f'<span class="label">{escape(spoken(line.label, lang))}{of}</span>' if line.label else ""
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
