"""The pages of the reference: every public name of clearprop, from its docstring.

A new public name appears by itself, in the group of the module in which it is defined.
"""

from __future__ import annotations

import functools
from importlib import import_module
from types import ModuleType
from typing import Any, NamedTuple

import clearprop

ACTIVATIONS = import_module("clearprop.nn.activations").ACTIVATIONS
# Names of the documentation that are not names of `clearprop` itself.
BESIDES = ("clearprop.table.read_table", "clearprop.table.read_batches", "clearprop.table.load_demo")


class Group(NamedTuple):
    """A page of the reference: the names defined in or below these modules belong to it."""

    name: str
    title: dict[str, str]
    intro: dict[str, str]
    modules: tuple[str, ...]


GROUPS = (
    Group(
        "01-network",
        {"en": "Network", "zh": "网络"},
        {"en": "A network, its training and what a training leaves.", "zh": "网络、训练，以及训练留下的记录。"},
        ("network.network", "network.together", "network.incoming", "network.tracking", "train.history", "train.loop"),
    ),
    Group(
        "02-layers",
        {"en": "Layers", "zh": "层"},
        {"en": "Layers, and how their parameters start.", "zh": "各种层，以及参数的初始值。"},
        (
            "nn.layers",
            "nn.encodings",
            "nn.periodic",
            "nn.radial",
            "nn.scales",
            "nn.embedding",
            "nn.ensemble",
            "nn.heads",
            "nn.residual",
            "nn.initializers",
            "network.layers",
            "network.start",
        ),
    ),
    Group(
        "03-activations",
        {"en": "Activations", "zh": "激活函数"},
        {
            "en": 'By name, as in `Dense(4, "tanh")`, as an object, or as a function from a node to a node.',
            "zh": '可以写名字（`Dense(4, "tanh")`）、对象，或任何从节点到节点的函数。',
        },
        ("nn.activations",),
    ),
    Group(
        "04-losses",
        {"en": "Losses", "zh": "损失函数"},
        {
            "en": 'By name, as in `loss="cross_entropy"`, as an object, or as a function of output and target.',
            "zh": '可以写名字（`loss="cross_entropy"`）、对象，或输出与目标的函数。',
        },
        ("nn.losses", "nn.multitask"),
    ),
    Group(
        "05-optimizers",
        {"en": "Optimizers", "zh": "优化器"},
        {"en": "What a step does with the gradients.", "zh": "每一步如何使用梯度。"},
        ("train.optimizers", "train.averaged"),
    ),
    Group(
        "06-schedules",
        {"en": "Schedules", "zh": "学习率计划"},
        {
            "en": "Numbers that change from step to step: a learning rate, a dropout rate, a penalty.",
            "zh": "逐步变化的数：学习率、丢弃率、惩罚系数。",
        },
        ("nn.schedules",),
    ),
    Group(
        "07-graph",
        {"en": "Graph functions", "zh": "计算图函数"},
        {
            "en": "Nodes, what is made of them, their gradient, their simplification and their value.",
            "zh": "节点、由节点组成的运算、梯度、化简和求值。",
        },
        ("graph", "execute"),
    ),
    Group(
        "08-explain",
        {"en": "Explain", "zh": "解释"},
        {
            "en": "The numbers of a pass by name, derivations, pictures, gradient checks and the doctor.",
            "zh": "逐个命名的数值、推导、图、梯度检查和诊断。",
        },
        ("explain", "present"),
    ),
    Group(
        "09-tables",
        {"en": "Tables", "zh": "表格"},
        {
            "en": "From a table to predictions; `read_table`, `read_batches` and `load_demo` are in `clearprop.table`.",
            "zh": "从表格到预测；`read_table`、`read_batches` 和 `load_demo` 在 `clearprop.table` 中。",
        },
        ("estimators", "table"),
    ),
    Group(
        "10-errors",
        {"en": "Errors", "zh": "错误"},
        {
            "en": "Every error is a `ClearpropError`, and the usual one of Python, too.",
            "zh": "每个错误都是 `ClearpropError`，同时也是 Python 中相应的常见错误。",
        },
        ("errors",),
    ),
)


def home(name: str) -> str:
    """The path under which a public name is defined: Dense → clearprop.nn.layers.Dense."""
    value: Any = getattr(clearprop, name)
    if isinstance(value, ModuleType):
        return value.__name__
    if not hasattr(value, "__qualname__"):  # an object: defined beside its class
        return f"{type(value).__module__}.{name}"
    return f"{value.__module__}.{value.__qualname__}"


def group_of(name: str) -> Group:
    """The page of a public name.

    Raises:
        LookupError: if no group has its module; such a name needs a place in GROUPS.
    """
    path = f"clearprop.nn.activations.{name}" if name in ACTIVATIONS else home(name)
    for group in GROUPS:
        if any(path.startswith(f"clearprop.{module}.") or path == f"clearprop.{module}" for module in group.modules):
            return group
    raise LookupError(f"no page of the reference has a place for {path}: see GROUPS of {__file__}")


@functools.cache
def pages(lang: str) -> dict[str, str]:
    """The Markdown of each page, by the path that it would have as a file."""
    members: dict[str, list[str]] = {group.name: [] for group in GROUPS}
    for name in sorted(clearprop.__all__, key=str.lower):
        members[group_of(name).name].append(_entry(home(name), f"cp.{name}"))
    for path in BESIDES:
        module, _, name = path.rpartition(".")
        value = getattr(import_module(module), name)
        members["09-tables"].append(_entry(f"{value.__module__}.{name}", path))
    return {
        f"docs/api/{group.name}.md": "\n\n".join(
            [f"# {group.title[lang]}", group.intro[lang], *members[group.name], ""]
        )
        for group in GROUPS
    }


def _entry(path: str, shown: str) -> str:
    """One object for mkdocstrings, under its public name."""
    return f"::: {path}\n    options:\n      heading: {shown}\n      toc_label: {shown.rpartition('.')[2]}"
