"""The learning rate: how far one step moves the weights, and how the losses went."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from math import floor, inf, isclose, isfinite, log10
from typing import Any

import numpy as np

from clearprop.errors import DivergenceError
from clearprop.execute import Reference
from clearprop.explain.doctor.finding import Cure, Evidence, Examination, advised, as_code, skipped
from clearprop.explain.doctor.patient import Patient
from clearprop.explain.doctor.plots import loss_plot
from clearprop.messages import Message
from clearprop.train import Adam, Data, Run, Training, as_features, as_targets, train

# ‖ΔW‖/‖W‖ of the first step, in the layer that moves most. Healthy defaults have 0.001 to 0.05. At 0.5 a step replaces
# half of a layer; at 1e-5 a hundred thousand steps, all in one direction, would be needed to move it once.
LARGE_STEP, SMALL_STEP, GOOD_STEP = 0.5, 1e-5, 0.03
# With a history a rate is too small if its steps together could not move a layer by 5 %, and the loss fell by less
# than 10 %, unless it was low already: below half of the baseline's (which excuses a large first step, too). That
# is judged from 3 epochs and 50 steps on: so many steps of a healthy size go that way.
SMALL_WAY, STOOD_STILL, LOW = 0.05, 0.1, 0.5
FEWEST_EPOCHS, FEWEST_STEPS = 3, 50
# The median change of the loss from epoch to epoch, late in the training, over the loss of knowing nothing. The noise
# of mini-batches makes up to 0.02.
JUMPS = 0.1

WORSE = 1.1  # times the first loss and that of the baseline: a loss that ends there has risen
SMALL, LARGE = "small_learning_rate", "large_learning_rate"
EXCUSES = {  # why else losses stand still, or jump
    SMALL: {"symmetry", "dead_units", "saturated_units", "vanishing_gradients"},
    LARGE: {"unscaled_inputs", "unscaled_targets", "initial_loss", "exploding_gradients"},
}


@dataclass(frozen=True)
class Course:
    """How the losses went, epoch by epoch."""

    first: float  # of the first epoch
    late: float  # the mean of the last fifth
    jumps: float  # the median change from epoch to epoch in the second half; 0 if there are too few

    @classmethod
    def of(cls, losses: Sequence[float]) -> Course:
        """Of the losses of at least one epoch."""
        late = float(np.mean(losses[-max(1, len(losses) // 5) :]))
        changes = np.abs(np.diff(losses))[len(losses) // 2 :]
        return cls(float(losses[0]), late, float(np.median(changes)) if len(changes) >= 3 else 0.0)


def examine_learning_rate(patient: Patient, earlier: Collection[str] = ()) -> list[Examination]:
    """Whether the steps are too small to get anywhere, or too large to settle.

    The findings so far may be why else the losses jump or stand still.
    """
    step = first_step(patient) if _is_known(patient) else None
    course = Course.of(patient.history["loss"]) if patient.history is not None else None
    clauses = _clauses(patient, step, course)
    if not clauses:
        return [skipped(illness, "no_gradient") for illness in (SMALL, LARGE)]
    is_far = step is not None and step > LARGE_STEP

    def examined(illness: str, is_ill: bool) -> Examination:
        if not is_ill:
            return Evidence(illness, clause=clauses[0] if illness == SMALL else clauses[-1]).healthy()
        if not is_far and not EXCUSES[illness].isdisjoint(earlier):
            return skipped(illness, "other_findings")
        everything = clauses[0]
        if len(clauses) == 2:
            everything = Message("doctor.step_and_losses", step=clauses[0], losses=clauses[1])
        evidence = Evidence(illness, clause=clauses[0], everything=everything)
        cure = _another_rate(patient, step, illness == SMALL)
        numbers = {"learning_rate": patient.peak_rate, "step": step, "steps": patient.steps}
        numbers |= {} if course is None else asdict(course)
        plot = loss_plot(patient.history, level=patient.baseline_loss)
        return evidence.found("serious", Message("doctor.optimizer"), cure, numbers, plot)

    return [
        examined(SMALL, step is not None and _is_small(patient, step, course)),
        examined(LARGE, is_far if course is None else _is_large(patient, is_far, course)),
    ]


def _is_small(patient: Patient, step: float, course: Course | None) -> bool:
    if course is not None and course.late < LOW * patient.baseline_loss:
        return False
    epochs = 0 if patient.history is None else patient.history.epochs
    if course is None or epochs < FEWEST_EPOCHS or patient.steps < FEWEST_STEPS:
        return step < SMALL_STEP
    return step * patient.steps < SMALL_WAY and course.late > (1 - STOOD_STILL) * course.first


def _is_large(patient: Patient, is_far: bool, course: Course) -> bool:
    ignorant, baseline = patient.ignorant_loss, patient.baseline_loss
    if not ignorant > 0:  # a target that never varies
        return False
    never_settled = course.jumps > JUMPS * ignorant or course.late > WORSE * max(course.first, baseline)
    return never_settled or (is_far and course.late > LOW * baseline)


def _clauses(patient: Patient, step: float | None, course: Course | None) -> list[Message]:
    """What is known of the first step, and what of the losses, in words."""
    clauses = []
    if step is not None:
        optimizer = as_code(patient.optimizer_at(patient.peak_rate))
        clauses.append(Message("doctor.first_step", optimizer=optimizer, step=step, small=SMALL_STEP, large=LARGE_STEP))
    if course is not None:
        baseline = patient.baseline_loss
        clauses.append(Message("doctor.course_of_losses", **asdict(course), baseline=baseline))
    return clauses


def _is_known(patient: Patient) -> bool:
    """Whether the optimizer is known: it was given, or the learning rate in the history is Adam's default."""
    return patient.optimizer_is_given or isclose(patient.peak_rate, float(Adam().schedule.learning_rate), rel_tol=1e-6)


def first_step(patient: Patient) -> float | None:
    """‖ΔW‖/‖W‖ of one step from the initial parameters, of the layer that moves most; infinite if it diverges.

    W counts at least as large as one that passes its inputs on, √n_out: a step may well be larger than a start near 0.
    None if there is no gradient at all.
    """
    a, dtype, n = patient.architecture, patient.net.dtype, len(patient.sample)
    few = patient.sample.rows(np.linspace(0, n - 1, min(n, max(2, patient.batch_size))).astype(np.int64))
    batch = Data(as_features(few.X, a.n_inputs, dtype), *as_targets(few.y, patient.loss, a.n_outputs, len(few), dtype))
    optimizer = patient.optimizer_at(patient.peak_rate)
    once = Training(optimizer, 1, len(batch), shuffle=False, executor=Reference(), dtype=dtype)
    run = Run({name: value.copy() for name, value in patient.initial.items()})
    try:
        with np.errstate(all="ignore"):
            train(a, once, run, batch)
    except DivergenceError:
        return inf
    moves = []
    for before, after in zip(patient.weights(patient.initial), patient.weights(run.parameters), strict=True):
        moves.append(float(np.linalg.norm(after - before) / max(np.linalg.norm(before), before.shape[1] ** 0.5)))
    return max(moves, default=0.0) or None


# --- which rate would suit


def smaller_steps(patient: Patient) -> Cure:
    """A smaller learning rate, for what too large steps have done."""
    step = first_step(patient) if _is_known(patient) else None
    return advised("smaller_steps", _better_rate(patient, step, is_small=False))


def _another_rate(patient: Patient, step: float | None, is_small: bool) -> Cure:
    change = _better_rate(patient, step, is_small)
    if step is None or not isfinite(step):
        return advised("another_rate", change)
    return advised("good_steps", change, good=GOOD_STEP)


def _better_rate(patient: Patient, step: float | None, is_small: bool) -> dict[str, Any]:
    """The rate at which the first step has a good size, but at least ten times better; 1, 2 or 5 times 10ⁿ.

    Where the optimizer is not known the change names the rate alone.
    """
    wanted = patient.peak_rate * (10 if is_small else 0.1)
    if step is not None and isfinite(step):
        wanted = (max if is_small else min)(wanted, patient.peak_rate * GOOD_STEP / step)
    power = 10.0 ** floor(log10(wanted))
    rate = float(f"{max(d for d in (1, 2, 5) if d * power <= wanted * (1 + 1e-9)) * power:.0e}")
    return {"optimizer": patient.optimizer_at(rate)} if _is_known(patient) else {"learning_rate": rate}
