"""What changes between two states, by the names of the page's controls."""

from __future__ import annotations

from clearprop.messages import Message, Words
from clearprop.play.state import State, in_words


def told_change(before: State, after: State) -> Message:
    """Which control goes to which value.

    Example:
        >>> from dataclasses import replace
        >>> state = State()
        >>> print(told_change(state, replace(state, training=replace(state.training, learning_rate=0.01))))
        η → 0.01.
    """
    changes: list[tuple[Words, Words]] = []
    if before.data != after.data:
        changes.append((Message("play.data"), Message("play.standardised")))
    network, training = after.network, after.training
    if before.network.layers != network.layers:
        changes.append((Message("play.network"), in_words(network.layers)))
    if before.network.init != network.init:
        changes.append((Message("play.init"), network.init))
    if before.training.optimizer != training.optimizer:
        changes.append((Message("play.optimizer"), training.optimizer))
    for name, label in _NUMBERS.items():
        if getattr(before.training, name) != (value := getattr(training, name)):
            changes.append((label, f"{value:g}"))
    return Message(
        "play.set", changes=[Message("play.control", control=label, value=value) for label, value in changes]
    )


_NUMBERS: dict[str, Words] = {
    "learning_rate": "η",
    "batch_size": Message("play.batch_size"),
    "l1": "λ (L1)",
    "l2": "λ (L2)",
}
