"""A plan is data: the steps to run, the memory they use and how long each value lives. It can be printed and tested
without running it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from clearprop.errors import plural
from clearprop.graph import N, Name, Type
from clearprop.graph.text import attributes
from clearprop.plan.cost import PerBatch
from clearprop.visible import visible


@dataclass(frozen=True, slots=True)
class Value:
    """One value of the graph and where it lives.

    Attributes:
        label: its name, or %1, %2, ….
        type: shape and dtype.
        place: "input" (bound by the caller), "constant" (one number everywhere), "slot" (a buffer of the plan), "view"
            (shares its source's memory, or is spread from it when read), "register" (lives inside one fused step),
            "state" (written over `source`, an input), "scalar" (a number known before the step begins) or "copy" (the
            transpose of `source`, kept beside it).
        number: the number, for place "constant".
        slot: the number of the buffer, for place "slot".
        source: the value whose memory it shares, for place "view".
        born: the step that makes it (−1 for an input).
        dies: the last step that reads it or a view of it; one past the last step for an output.
        name: what it is, if it has a name.
    """

    label: str
    type: Type
    place: str
    slot: int | None = None
    source: int | None = None
    number: float | None = None
    born: int = -1
    dies: int = -1
    name: Name | None = None

    @property
    def is_batch(self) -> bool:
        """Whether it has a row for each sample."""
        return self.type.shape[:1] == (N,)


@dataclass(frozen=True, slots=True)
class Step:
    """One kernel call.

    Attributes:
        kernel: the op's name.
        inputs: indices of the values read.
        output: index of the value made.
        attrs: the op's attributes.
        flops, bytes: work and memory traffic as functions of N.
        epilogue: elementwise steps that run on the output while it is in cache.
        domain: how the work is split over threads: by "rows" of the batch, by "tiles" of the result, or "single".
        phase: steps of one phase need nothing from each other across threads; the threads meet after each phase.
        twin: the value that receives the transpose of the last result, for products that want it so.
    """

    kernel: str
    inputs: tuple[int, ...]
    output: int
    attrs: Mapping[str, Any]
    flops: PerBatch
    bytes: PerBatch
    epilogue: tuple[Step, ...] = ()
    domain: str = ""
    phase: int = 0
    twin: int | None = None

    @property
    def made(self) -> tuple[int, ...]:
        """Indices of the values that it and its epilogue make; a chain is nothing but its epilogue."""
        parts = self.epilogue if self.kernel == "chain" else (self, *self.epilogue)
        return tuple(part.output for part in parts)


@dataclass(frozen=True, eq=False)
class Plan:
    """Steps in order, values, and the sizes of the buffers (slots) they share.

    `inputs` and `outputs` map names to value indices. `stored` maps an output to the input that takes its place when
    the run is over: W1' becomes the next step's W1. `views` has, in a fused plan, the step behind each value that is
    read through and not stored.
    """

    steps: tuple[Step, ...]
    values: tuple[Value, ...]
    slots: tuple[PerBatch, ...]
    inputs: Mapping[str, int]
    outputs: Mapping[str, int]
    stored: Mapping[str, str] = field(default_factory=dict)
    views: Mapping[int, Step] = field(default_factory=dict)

    @property
    def flops(self) -> PerBatch:
        """Work of one run."""
        return sum((step.flops for step in self.steps), PerBatch())

    @property
    def bytes(self) -> PerBatch:
        """Memory traffic of one run, if every step read and wrote main memory."""
        return sum((step.bytes for step in self.steps), PerBatch())

    @property
    def memory(self) -> PerBatch:
        """Memory of all buffers."""
        return sum(self.slots, PerBatch())

    @property
    def symbolic(self) -> bool:
        """Whether the batch size must be bound to run it."""
        return any(v.type.has_batch for v in self.values) or any(s.kernel == "size" for s in self.steps)

    def __repr__(self) -> str:
        return "\n".join([*self._lines(), self._total()])

    def _lines(self) -> list[str]:
        rows = [("step", "phase", "kernel", "inputs", "", "output", "in", "FLOPs", "bytes")]
        for i, step in enumerate(self.steps):
            made = self.values[step.output]
            attrs = ", ".join(attributes(step.attrs))
            rows.append(
                (
                    str(i),
                    f"{step.phase} {step.domain}" if step.domain else "",
                    step.kernel + (f"[{attrs}]" if attrs else ""),
                    " ".join(self.values[v].label for v in step.inputs),
                    "→",
                    f"{made.label}: {made.type}",
                    self._home(step.output),
                    str(step.flops),
                    str(step.bytes),
                )
            )
            rows.extend(self._part(part) for part in step.epilogue)
        if not any(step.domain for step in self.steps):  # a plan without phases does without the column
            rows = [(row[0], *row[2:]) for row in rows]  # type: ignore[misc]
        rows = [tuple(map(visible, row)) for row in rows]  # type: ignore[misc]
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        return ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]

    def _part(self, step: Step) -> tuple[str, str, str, str, str, str, str, str, str]:
        """The line of a step within a step."""
        made = self.values[step.output]
        inputs = " ".join(self.values[v].label for v in step.inputs)
        return "", "", f"· {step.kernel}", inputs, "→", f"{made.label}: {made.type}", self._home(step.output), "", ""

    def _home(self, index: int) -> str:
        value = self.values[index]
        if value.place == "slot":
            return f"slot {value.slot}"
        source = self.values[value.source].label if value.source is not None else ""
        return {"view": f"view of {source}", "state": f"over {source}"}.get(value.place, value.place)

    def _total(self) -> str:
        return (
            f"{plural(len(self.steps), 'step')}, {plural(len(self.slots), 'slot')} of {self.memory} bytes, "
            f"{self.flops} FLOPs, {self.bytes} bytes moved"
        )
