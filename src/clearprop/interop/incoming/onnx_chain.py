"""Nodes one behind another, and what branches off between them: activations of several nodes, and residual sums."""

from __future__ import annotations

from collections import Counter

from clearprop.errors import InvalidValueError
from clearprop.interop.incoming.onnx_model import Step
from clearprop.interop.incoming.onnx_ops import OPS, Chain, folded
from clearprop.interop.incoming.onnx_patterns import recognised

_MOST_NESTED = 50


def follow(steps: list[Step], chain: Chain, output: str, depth: int = 0) -> None:
    """Read steps from the chain's value to `output`: each takes what the one before it made, and constants.

    Args:
        steps: the nodes, in an order in which they can be computed.
        chain: where to begin; it is moved on.
        output: the name of the value with which it ends.
        depth: in how many residual sums the steps stand.

    Raises:
        InvalidValueError: for a node that is no layer, by op and name.
    """
    uses = Counter(name for step in steps for name in step.inputs)
    while steps:
        step, *later = steps
        if all(name in chain.constants or not name for name in step.inputs):
            folded(step, chain.constants)  # says why it could not be
        if uses[chain.value] > 1:  # an activation of several nodes, or a value that is used again later
            found = recognised(step, later, chain.value, chain.constants, uses)
            if found is None:
                steps = _add_residual(steps, chain, output, uses, depth)
                continue
            step, later = found
        _require_next(step, chain)
        OPS[step.op](step, chain)
        chain.value, steps = step.outputs[0], later
        if any(uses[name] for name in step.outputs[1:]):
            raise step.refused("its first output alone to be used")
    if chain.value != output:
        raise InvalidValueError(f"output {output!r} of the ONNX graph", f"{chain.value!r}, which the last node makes")


def _require_next(step: Step, chain: Chain) -> None:
    """Refuse a node that is no layer, or takes more than the chain's value and constants."""
    if step.op not in OPS:
        raise step.refused("one of " + ", ".join(sorted(OPS)))
    if step.inputs.count(chain.value) != 1:
        raise step.refused(f"a node that takes {chain.value!r} and constants: layers that follow one another")
    others = [name for name in step.inputs if name and name != chain.value and name not in chain.constants]
    if others:
        raise step.refused(f"constants beside {chain.value!r}", f"it takes {', '.join(map(repr, others))}, too")


def _add_residual(steps: list[Step], chain: Chain, output: str, uses: Counter[str], depth: int) -> list[Step]:
    """Read f(x) + s(x), x being the chain's value; returns the steps behind the sum."""
    x, first = chain.value, steps[0]
    count = _until_joined(steps, x, output, uses)
    *inner, last = steps[:count]
    branches = [_leading_to(end, inner) for end in last.inputs]
    is_sum = last.op == "Add" and len(branches) == 2 and sum(map(len, branches)) == len(inner) > 0
    if not is_sum or not chain.is_rows():
        raise first.refused(f"{x!r} to be used once, in SiLU, Mish, softsign or GELU, or in a residual sum f(x) + s(x)")
    if depth == _MOST_NESTED:
        raise last.refused(f"sums within sums at most {_MOST_NESTED} deep")
    stacks = []
    for branch, end in sorted(zip(branches, last.inputs, strict=True), key=lambda each: -len(each[0])):
        apart = chain.branch()
        follow(branch, apart, end, depth + 1)
        stacks.append(apart.stack)
    chain.join(stacks[0], stacks[1], last)
    return steps[count:]


def _until_joined(steps: list[Step], x: str, output: str, uses: Counter[str]) -> int:
    """How many steps there are up to the first whose result is all that is used later: there the ways of x meet."""
    live, used = {x}, Counter[str]()
    for count, step in enumerate(steps, 1):
        used.update(step.inputs)
        live.difference_update(name for name in step.inputs if used[name] == uses[name])
        live.update(name for name in step.outputs if uses[name] or name == output)
        if len(live) == 1 and live <= set(step.outputs):
            return count
    return len(steps)


def _leading_to(value: str, steps: list[Step]) -> list[Step]:
    """The steps that a value is made of, in their order."""
    wanted, found = {value}, []
    for step in reversed(steps):
        if wanted.intersection(step.outputs):
            wanted.update(step.inputs)
            found.append(step)
    return found[::-1]
