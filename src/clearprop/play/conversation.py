"""A conversation with a page: each message is plain data, and so is each answer; over which line does not matter."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from clearprop.errors import ClearpropError, DivergenceError, InvalidValueError, checked_integer, listed
from clearprop.explain.check import check_gradients
from clearprop.messages import say
from clearprop.network import Network
from clearprop.play import compare
from clearprop.play.answers import scores
from clearprop.play.bench import Bench
from clearprop.play.compare import Comparison
from clearprop.play.doctor import diagnosis, mend
from clearprop.play.exercises import asked, exercise, judged
from clearprop.play.export import KINDS, export
from clearprop.play.figures import figure
from clearprop.play.formulas import formula
from clearprop.play.mistakes import judged_puzzle, puzzle, shown
from clearprop.play.nudge import nudged
from clearprop.play.openings import layers_of
from clearprop.play.plane import SIDE, Plane
from clearprop.play.presets import PRESETS
from clearprop.play.rows import add_class, edit
from clearprop.play.rows import listed as listed_rows
from clearprop.play.scene import frame, numbers, plain
from clearprop.play.state import Position, State, in_words, whole
from clearprop.play.tables import state_of_text
from clearprop.play.unit import unit
from clearprop.play.words import words
from clearprop.present.writers import json_of

_LONGEST_RUN = 0.2  # seconds
_MOST_LISTED = 100  # samples that one message is sent
_MOST_CHECKED = 20  # rows of the gradient check
_MOST_STEPS = 1_000_000  # that one message takes
_MOST_ON_CURVE = 400  # points: more than a curve on the page has pixels for

_log = logging.getLogger("clearprop.play")


class Conversation:
    """One page's bench, and what it is asked.

    `answer` takes {"do": …, …} and returns what has changed: "frame" where names and layers did, "numbers" always.
    """

    def __init__(self, state: State | None = None, side: int = SIDE) -> None:
        self._side = side
        self._bench = None if state is None else Bench(state)
        self._lock = threading.Lock()
        self._plane: Plane | None = None
        self._compared: Comparison | None = None

    @property
    def bench(self) -> Bench:
        """The bench; XOR, built when it is first asked for, where no state was given."""
        if self._bench is None:
            self._bench = Bench(PRESETS["xor"].state("xor"))
        return self._bench

    def network(self) -> Network:
        """The network as it is now: a copy, since two trainings of one network would spoil each other's steps."""
        with self._lock:
            return self.bench.network.copy()

    def put(self, net: Network) -> None:
        """Put the numbers of a network into that of the page, which has the same layers.

        Raises:
            ClearpropError: if it has others.
        """
        with self._lock:
            ours, theirs = self.bench.state.network.layers, layers_of(net)
            if ours != theirs:
                raise InvalidValueError(f"a network of {in_words(theirs)}", f"that of the page, {in_words(ours)}")
            self.bench.put(net.parameters)

    def answer(self, message: Any) -> dict[str, Any]:
        """What a message comes to; a wrong one is answered by a sentence, and nothing has changed.

        Example:
            >>> talk = Conversation()
            >>> talk.answer({"do": "step", "steps": 1})["position"]["step"]
            1
            >>> talk.answer({"do": "sing"})["error"].split(";")[0]
            "'sing' to do"
        """
        with self._lock, np.errstate(all="ignore"):  # what has grown beyond all bounds is shown as it is
            try:
                return self._answered(message)
            except DivergenceError as error:
                return {"error": str(error), "diverged": True, **self._numbers()}
            except ClearpropError as error:
                return {"error": str(error)}
            except MemoryError:
                return {"error": "not enough memory for this"}
            except Exception as error:
                _log.exception("a fault of the program, in answer to %.200r", message)
                return {"error": f"a fault of the program ({type(error).__name__}); the terminal says more"}

    def _answered(self, message: Any) -> dict[str, Any]:
        if not isinstance(message, dict):
            raise InvalidValueError(f"a message of type {type(message).__name__}", "an object with what to do")
        asked = message.get("do")
        if not isinstance(asked, str) or asked not in _ACTIONS:
            raise InvalidValueError(f"{asked!r:.40} to do", "one of: " + listed(_ACTIONS))
        action = _ACTIONS[asked]
        for name in message:
            if name != "do" and name not in action.takes:
                raise InvalidValueError(
                    f"{name!r:.40} in a message to {asked}", ", ".join(action.takes) or "nothing else"
                )
        return action.do(self, message)

    # --- answers

    def _all(self) -> dict[str, Any]:
        """Everything: after a change of what there is, or of how it is shown."""
        self._plane = Plane(self.bench, self._side)
        lang = self.bench.lang
        titles = {name: preset.title(lang) for name, preset in PRESETS.items()}
        kinds = {name: title(lang) for name, title in KINDS.items()}
        found = {
            "words": words(lang),
            "exports": kinds,
            "frame": frame(self.bench),
            "plane": self._plane.frame(),
            "presets": titles,
        }
        return {**found, **self._shown(numbers(self.bench))}

    def _numbers(self) -> dict[str, Any]:
        """What changes with the parameters."""
        return self._shown(numbers(self.bench))

    def _shown(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        bench, way = self.bench, self.bench.way
        self._plane = plane = self._plane or Plane(bench, self._side)
        at = bench.samples.X[bench.rows[bench.row]]
        run, point = bench.training.run, way.points[way.now]
        return {
            "numbers": sent,
            "answers": plane.answers(bench, at),
            "position": {
                "step": run.step,
                "epoch": run.epoch,
                "batch": bench.training.batch,
                "per_epoch": bench.training.per_epoch,
                "place": way.now,
                "places": len(way.points),
                "dropped": way.dropped,
            },
            "losses": {"train": plain(point.train), "test": None if point.test is None else plain(point.test)},
            "curve": _curve(bench),
            "scores": scores(bench),
        }

    def _state(self) -> dict[str, Any]:
        return self.bench.current().without_text().to_dict()

    def say(self, key: str, /, **values: Any) -> str:
        """Words in the language of the view."""
        return say(key, self.bench.lang, **values)

    # --- what can be asked

    def _open(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """{"state": …}, {"preset": name} or neither: what is there."""
        if "preset" in message and message.get("state") is not None:
            raise InvalidValueError("a preset and a state to open", "one of them")
        if "preset" in message:
            name = _text(message, "preset")
            if name not in PRESETS:
                raise InvalidValueError(f"a preset {name!r:.40}", "one of: " + listed(PRESETS))
            self._adopt(PRESETS[name].state(name))
        elif message.get("state") is not None:
            self.bench.open(State.from_dict(message["state"]))
        return {**self._all(), "state": self._state()}

    def _state_of(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """The state; with "whole", a table's text too, however long it is."""
        state = self.bench.current()
        whole = state if message.get("whole") else state.without_text()
        return {"state": whole.to_dict(), "letters": len(state.data.text)}

    def _table(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """{"name": "wine.csv", "text": …, "target": …, "header": …}: a table of one's own, and a network that suits it.

        Without a text the table that is there, with another target or its first line read another way.
        """
        data = self.bench.state.data
        header = "guess" if "text" in message else data.header
        given = {"name": data.name, "text": data.text, "target": "", "header": header}
        given |= {key: _text(message, key) for key in given if key in message}
        self._adopt(state_of_text(**given))
        return {**self._all(), "state": self._state()}

    def _adopt(self, state: State) -> None:
        """Open a state in the language and notation of now."""
        view = replace(self.bench.state.view, row=0, shown=-1, selected="", axes=(0, 1))
        self.bench.open(replace(state, view=view))

    def _change(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """{"part": …, "changes": {…}}."""
        changes = message.get("changes")
        if not isinstance(changes, dict):
            raise InvalidValueError("changes that are no object", "fields with their values")
        self.bench.change(_text(message, "part"), changes)
        return {**self._all(), "state": self._state()}

    def _assign(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """{"name": "W1", "index": [0, 1], "value": 0.5}."""
        name = _text(message, "name")
        self.bench.assign(name, message.get("index"), message.get("value"))
        return self._all() if name in ("X", "y") else self._numbers()

    def _sample(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """{"add": [0.5, 1], "y": [1]}, {"set": 3, …}, {"remove": 3}, "drawn" or not; {"class": true}: one more."""
        kind, plane = self.bench.state.data.kind, self._plane or Plane(self.bench, self._side)
        if "class" in message:
            if message != {"do": "sample", "class": True}:
                raise InvalidValueError("a class that comes with something else", "true alone, for one more")
            add_class(self.bench)
        else:
            edit(self.bench, message, dict(enumerate(plane.ends if len(plane.axes) == 1 else _by_input(plane))))
        if "set" not in message or self.bench.state.data.kind != kind:
            return {**self._all(), "state": self._state()}
        self._plane = Plane(self.bench, self._side)
        return {"plane": self._plane.frame(), **self._numbers()}

    def _compare(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """{"what": "init" or "optimizer", "of": […], "steps": 500}: runs side by side; the bench stays as it is."""
        self._compared = compare.asked(self.bench, message)
        return {"compared": compare.described(self._compared, self.bench)}

    def _take(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """{"run": 0}: go on with one of the runs that were compared."""
        place = checked_integer("run", message.get("run"), low=0)
        self.bench.open(compare.taken(self._compared, place, self.bench))
        return {**self._all(), "state": self._state()}

    def _samples(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """{"first": 0, "count": 10}: rows for the table of samples."""
        first = checked_integer("first", message.get("first", 0), low=0)
        count = min(checked_integer("count", message.get("count", 10)), _MOST_LISTED)
        return {"samples": listed_rows(self.bench, first, count)}

    def _step(self, message: Mapping[str, Any]) -> dict[str, Any]:
        self.bench.step(min(checked_integer("steps", message.get("steps", 1)), _MOST_STEPS))
        return self._numbers()

    def _epoch(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """To the end of this epoch."""
        training = self.bench.training
        self.bench.step(training.per_epoch - training.batch)
        return self._numbers()

    def _run(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """{"seconds": 0.01, "steps": 1000}: for so long, and no more steps."""
        seconds = min(_number(message, "seconds", 0.01), _LONGEST_RUN)
        taken = self.bench.run(seconds, min(checked_integer("steps", message.get("steps", _MOST_STEPS)), _MOST_STEPS))
        return {**self._shown(numbers(self.bench, update=False)), "taken": taken}

    def _go(self, message: Mapping[str, Any]) -> dict[str, Any]:
        self.bench.go_to(checked_integer("place", message.get("place"), low=0))
        return self._numbers()

    def _rewind(self, message: Mapping[str, Any]) -> dict[str, Any]:
        self.bench.rewind()
        return self._numbers()

    def _formula(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """{"name": "dW2", "index": [0, 1]}."""
        symbols = message.get("symbols") is True
        return {"formula": formula(self.bench, _text(message, "name"), message.get("index"), symbols=symbols)}

    def _unit(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """{"layer": 1, "unit": 2}, the unit counted from 0: what it looks at, and where it is on."""
        layer, j = (checked_integer(key, message.get(key), low=0) for key in ("layer", "unit"))
        self._plane = self._plane or Plane(self.bench, self._side)
        return {"unit": unit(self.bench, self._plane, layer, j)}

    def _export(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """{"to": "numpy"}: a file to take along."""
        found = export(self.bench, _text(message, "to"))
        said = [one(self.bench.lang) for one in found.said]
        return {"exported": {"name": found.name, "text": found.text, "said": said}}

    def _doctor(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """What ails it; with "whole", everything that was examined."""
        return {"diagnosis": diagnosis(self.bench, whole=message.get("whole") is True)}

    def _mend(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """{"illness": "symmetry"}: the change that a finding advises."""
        self.bench.open(replace(mend(self.bench, _text(message, "illness")), position=Position(), slots={}))
        return {**self._all(), "state": self._state()}

    def _check(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """All gradients of the network against differences, as a document."""
        rows = self.bench.rows[:_MOST_CHECKED]
        found = check_gradients(self.bench.network, self.bench.samples.X[rows], self.bench.targets(rows))
        return {"checked": json_of(found.document, self.bench.lang, mathml=True)}

    def _nudge(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """{"name": "W1", "index": [0, 1], "h": 1e-4}: the slope by differences beside the gradient."""
        name, h = _text(message, "name"), _number(message, "h", 1e-4)
        return {"nudge": nudged(self.bench, name, message.get("index"), h)}

    def _exercise(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """{"seed": 3}: a question; with "answer", whether it is right."""
        made = exercise(self.bench, checked_integer("seed", message.get("seed"), low=0))
        if "answer" in message:
            return {"judged": judged(self.bench, made, message["answer"])}
        return {"exercise": asked(self.bench, made)}

    def _puzzle(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """{"seed": 3}: a step with a planted mistake; with "name" and "mistake", whether it was found."""
        made = puzzle(self.bench, checked_integer("seed", message.get("seed"), low=0))
        if "name" in message:
            return {"judged": judged_puzzle(self.bench, made, _text(message, "name"), _text(message, "mistake"))}
        return {"puzzle": shown(self.bench, made)}

    def _figure(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """{"name": "graph"}: a picture as the library draws it, of the chosen sample."""
        return {"figure": figure(self.bench, _text(message, "name"))}


def _text(message: Mapping[str, Any], key: str, default: str | None = None) -> str:
    found = message.get(key, default)
    if not isinstance(found, str):
        raise InvalidValueError(f"{found!r:.40} for {key}", "a text")
    return whole(found)


def _number(message: Mapping[str, Any], key: str, default: float) -> float:
    found = message.get(key, default)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < math.inf:
        raise InvalidValueError(f"{found!r:.40} for {key}", "a number ≥ 0")
    return float(min(found, 1e9))


def _by_input(plane: Plane) -> list[tuple[float, float]]:
    """The ends of the plane in the order of the inputs, not of the axes."""
    return [plane.ends[plane.axes.index(k)] for k in sorted(plane.axes)]


def _curve(bench: Bench) -> dict[str, Any]:
    """The losses at the points of the way up to now; of many, at some that are evenly apart, and at the last."""
    points = bench.way.points[: bench.way.now + 1]
    points = points[:: -(-len(points) // _MOST_ON_CURVE)] + points[-1:]
    test = [plain(p.test) for p in points] if points[0].test is not None else None
    return {"step": [p.snapshot.step for p in points], "train": [plain(p.train) for p in points], "test": test}


class _Action:
    """What is done, and the names of what a message to do it may bring."""

    def __init__(self, do: Callable[[Conversation, Mapping[str, Any]], dict[str, Any]], takes: str = "") -> None:
        self.do, self.takes = do, takes.split()


_ACTIONS: dict[str, _Action] = {
    "open": _Action(Conversation._open, "preset state"),
    "state": _Action(Conversation._state_of, "whole"),
    "change": _Action(Conversation._change, "part changes"),
    "assign": _Action(Conversation._assign, "name index value"),
    "table": _Action(Conversation._table, "name text target header"),
    "compare": _Action(Conversation._compare, "what of steps"),
    "take": _Action(Conversation._take, "run"),
    "sample": _Action(Conversation._sample, "add copy set remove x y drawn class"),
    "samples": _Action(Conversation._samples, "first count"),
    "step": _Action(Conversation._step, "steps"),
    "epoch": _Action(Conversation._epoch),
    "numbers": _Action(lambda talk, message: talk._numbers()),
    "run": _Action(Conversation._run, "seconds steps"),
    "go": _Action(Conversation._go, "place"),
    "rewind": _Action(Conversation._rewind),
    "formula": _Action(Conversation._formula, "name index symbols"),
    "unit": _Action(Conversation._unit, "layer unit"),
    "figure": _Action(Conversation._figure, "name"),
    "export": _Action(Conversation._export, "to"),
    "doctor": _Action(Conversation._doctor, "whole"),
    "mend": _Action(Conversation._mend, "illness"),
    "nudge": _Action(Conversation._nudge, "name index h"),
    "check": _Action(Conversation._check),
    "exercise": _Action(Conversation._exercise, "seed answer"),
    "puzzle": _Action(Conversation._puzzle, "seed name mistake"),
}
