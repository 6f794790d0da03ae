"""Which inputs matter: to the score of many rows (permutation importance), and to one answer (gradient × input)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from clearprop.errors import InvalidValueError, ShapeError, checked_integer, checked_seed, plural
from clearprop.execute import Array, Reference
from clearprop.graph import Graph, Node, gradient, simplify, variable
from clearprop.graph.entries import RowsTaken
from clearprop.nn import Architecture, Ensemble
from clearprop.visible import shown_name

_SMALLEST = 1e-12  # p(1 − p): beyond it the odds are as good as infinite


@dataclass(frozen=True)
class PermutationImportance:
    """How far a score falls when one column is shuffled.

    Attributes:
        names: of the columns.
        score: with nothing shuffled.
        importances: (columns, repeats), the score's fall in every repeat.
    """

    names: tuple[str, ...]
    score: float
    importances: Array

    @property
    def importances_mean(self) -> Array:
        """Of the repeats, (columns,)."""
        return np.asarray(self.importances.mean(axis=1))

    @property
    def importances_std(self) -> Array:
        """Of the repeats, (columns,)."""
        return np.asarray(self.importances.std(axis=1))

    def ranked(self) -> list[tuple[str, float, float]]:
        """Name, mean and standard deviation, the most important column first."""
        rows = zip(self.names, self.importances_mean.tolist(), self.importances_std.tolist(), strict=True)
        return sorted(rows, key=lambda row: -row[1])

    def __repr__(self) -> str:
        rows = [(shown_name(name), mean, std) for name, mean, std in self.ranked()]
        width = max(len(name) for name, _, _ in rows)
        lines = [f"  {name:{width}}  {mean:8.4f} ± {std:.4f}" for name, mean, std in rows]
        return "\n".join([f"<PermutationImportance: the score is {self.score:.4f}, and falls by", *lines, ">"])


def permutation_importance(
    score: Callable[[Array], float], X: Array, groups: Mapping[str, Sequence[int]], *, n_repeats: int = 5, seed: int = 0
) -> PermutationImportance:
    """How far the score falls when one column's values are dealt out to the rows anew.

    The importance of column j is s(X) − s(X with column j shuffled), over several shuffles. The network stays as it is,
    so that this says what *this* network relies on; of two columns that say the same either may take the other's part.
    Every column is shuffled in the same ways: columns that are equal to the network have equal importances.

    Args:
        score: features (N, n) to a number, more being better; it must not keep or change what it is given.
        X: features (N, n).
        groups: column → its features, which are shuffled together: the 0/1 of a category are one column.
        n_repeats: shuffles of each column.
        seed: of the shuffles.

    Raises:
        InvalidValueError: without a column, or with fewer than two rows.

    Example:
        >>> X = np.array([[0.0, 5.0], [1.0, 4.0], [2.0, 3.0], [3.0, 2.0]])
        >>> def score(x):
        ...     return 1 - np.mean((x[:, 0] - X[:, 0]) ** 2)
        >>> found = permutation_importance(score, X, {"used": [0], "not": [1]})
        >>> found.score, (found.importances_mean > 0).tolist()
        (1.0, [True, False])
    """
    if len(X) < 2 or not groups:
        got = f"{plural(len(X), 'row')} and {plural(len(groups), 'column')} to shuffle"
        raise InvalidValueError(got, "two rows and one column at least")
    rng = np.random.Generator(np.random.Philox(checked_seed(seed)))
    orders = [rng.permutation(len(X)) for _ in range(checked_integer("n_repeats", n_repeats))]
    whole, shuffled = float(score(X)), X.copy()
    falls = np.empty((len(groups), len(orders)))
    for fall, group in zip(falls, groups.values(), strict=True):
        features = np.asarray(group)
        for repeat, order in enumerate(orders):
            shuffled[:, features] = X[order[:, None], features]
            fall[repeat] = whole - score(shuffled)
        shuffled[:, features] = X[:, features]
    return PermutationImportance(tuple(groups), whole, falls)


def gradient_times_input(
    architecture: Architecture, parameters: Mapping[str, Array], X: Array, output: int | None = None
) -> Array:
    """∂s/∂xⱼ · xⱼ for every sample and feature, (N, n), in float64: what pulls this one answer up, and what down.

    s is the number that the answer is read from: of a softmax the logit zₖ of the sample's most probable class k; of
    one sigmoid its z, or −z where the other class is more probable; of the mean of several networks' probabilities
    ln p/(1 − p) of that class; else the output a itself.

    It is a linear look at the network from where the sample stands. For a linear layer without bias the parts of
    a sample add up to s. In general they do not, and no completeness is claimed; and a feature that is 0 gets 0.

    A code carries no gradient. What stands for it is the row e = E[code] that an `Embedding` of the inputs looks up:
    its part is ∂s/∂e · e, added up over the row.

    Args:
        architecture: of the network.
        parameters: its numbers, by name.
        X: features (N, n).
        output: which output to explain; needed where there are several that are no probabilities of classes.

    Raises:
        InvalidValueError: for an output that is not there, or if it is not said which.
        ShapeError: if X does not fit.
    """
    if X.ndim != 2 or X.shape[1] != architecture.n_inputs:
        raise ShapeError(f"X of shape {X.shape}", f"(N, {architecture.n_inputs})")
    forward = architecture.forward("f64")
    a = forward.output
    answer = _of_member(architecture, a)
    score = a.inputs[0] if a.op.role == "probability" else a
    seed = variable("seed", score.shape, "f64")
    given: dict[str, Array] = {name: np.asarray(p, np.float64) for name, p in parameters.items()}
    given["X"] = np.asarray(X, np.float64)
    p = _run(Graph({"a": a}), given)["a"]
    given["seed"] = _seeds(answer, p, output)
    if answer is not a and answer.op.role == "probability":
        given["seed"] = given["seed"] / np.maximum(p * (1 - p), _SMALLEST)
    rows = list(_coded(Graph({"score": score}).nodes, forward.x))
    by = [forward.x, *(e for _, e in rows)]
    parts = {f"part {i}": node * d for i, (node, d) in enumerate(zip(by, gradient(score, by, seed), strict=True))}
    found = _run(Graph(parts), given)
    dX = np.array(found.pop("part 0"))
    for (column, _), part in zip(rows, found.values(), strict=True):
        dX[:, column] += part.sum(axis=1)
    return dX


def _coded(nodes: Sequence[Node], x: Node) -> Iterator[tuple[int, Node]]:
    """The columns of X that hold codes, each with the rows that are looked up by it: E[sum(slice(X))]."""
    for e in nodes:
        if isinstance(e.op.rule, RowsTaken) and e.op.rule.coded:
            column = e.inputs[1].inputs[0]
            if column.inputs == (x,):
                yield int(column.attrs["start"]), e


def _of_member(architecture: Architecture, a: Node) -> Node:
    """The output of the first of several members, whose mean a is; a where there is one network."""
    *front, last = architecture.layers
    if not isinstance(last, Ensemble):
        return a
    return replace(architecture, layers=(*front, *last.members[0])).forward("f64").output


def _seeds(node: Node, a: Array, output: int | None) -> Array:
    """∂s/∂(outputs, or logits), (N, k): which of them each sample is explained by."""
    k = a.shape[1]
    if output is not None:
        if not 0 <= output < k:
            raise InvalidValueError(f"output {output}", f"0 to {k - 1}")
        return np.tile(np.eye(k)[output], (len(a), 1))
    is_probability = node.op.role == "probability"
    if is_probability and node.op.kind == "reduction":  # of one class among several
        return np.asarray(np.eye(k)[a.argmax(axis=1)])
    if k > 1:
        raise InvalidValueError(f"which of {k} outputs to explain is not said", "output=0, or another of them")
    return np.where(a >= 0.5, 1.0, -1.0) if is_probability else np.ones_like(a)


def _run(graph: Graph, given: Mapping[str, Array]) -> dict[str, Array]:
    graph = simplify(graph)
    return Reference().load(graph).run({name: given[name] for name in graph.inputs}, len(given["X"]))
