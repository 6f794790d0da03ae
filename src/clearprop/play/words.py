"""The words of the page, by the names that its scripts know them by."""

from __future__ import annotations

from clearprop.messages import Message, checked_language

WORDS: dict[str, Message] = {
    "title": Message("play.title"),
    "data": Message("play.data"),
    "network": Message("play.network"),
    "training": Message("play.training"),
    "answers": Message("play.answers"),
    "losses": Message("play.losses"),
    "train": Message("play.train"),
    "test": Message("play.test"),
    "inputs": Message("play.inputs"),
    "more_units": Message("play.more_units", n="{n}"),
    "held": Message("play.held"),
    "gone": Message("play.gone"),
    "no_number": Message("play.no_number"),
    "at": Message("play.at", step="{step}", epoch="{epoch}", batch="{batch}", n="{n}"),
    "run": Message("play.run"),
    "pause": Message("play.pause"),
    "own": Message("play.own"),
    "example": Message("play.example"),
    "remove_layer": Message("play.remove_layer"),
    "add_layer": Message("play.add_layer"),
    "loss": Message("play.loss"),
    "init": Message("play.init"),
    "seed": Message("play.seed"),
    "optimizer": Message("play.optimizer"),
    "batch_size": Message("play.batch_size"),
    "rewind": Message("play.rewind"),
    "back": Message("play.back"),
    "step": Message("play.step"),
    "sample": Message("play.sample"),
    "epoch": Message("play.epoch"),
    "forward": Message("play.forward"),
    "backward": Message("play.backward"),
    "update": Message("play.update"),
    "share": Message("play.share"),
    "file": Message("play.file"),
    "copied": Message("play.copied"),
    "in_address": Message("play.in_address"),
    "too_large": Message("play.too_large"),
    "broken_link": Message("play.broken_link"),
    "open_file": Message("play.open_file"),
    "paste": Message("play.paste"),
    "paste_here": Message("play.paste_here"),
    "take": Message("play.take"),
    "cancel": Message("play.cancel"),
    "target": Message("play.target"),
    "columns": Message("play.columns"),
    "reading": Message("play.reading", name="{name}"),
    "too_big": Message("play.too_big", name="{name}", n="{n}", most="{most}"),
    "no_text": Message("play.no_text", name="{name}"),
    "rows_split": Message("play.rows_split", train="{train}", test="{test}"),
    "drop_here": Message("play.drop_here"),
    "own_table": Message("play.own_table", name="{name}"),
}


def words(lang: str) -> dict[str, str]:
    """All of them in one language."""
    spoken = checked_language(lang)
    return {name: message(spoken) for name, message in WORDS.items()}
