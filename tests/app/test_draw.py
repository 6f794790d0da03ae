"""`clearprop draw`: a network of any file as circles and lines."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import polars as pl
import pytest

import clearprop as cp
from commands import run


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    frame = pl.DataFrame(
        {
            "height": [1.0, 2.0, 3.0, 4.0] * 20,
            "<i>&": [3.0, 1.0, 1.5, 1.0] * 20,
            "<b>": ["no", "yes"] * 40,
            "price": [1.5, 2.5] * 40,
        }
    )
    two = {"epochs": 1, "hidden": [3], "split": "random"}
    cp.TableModel.train(frame.drop("price"), "<b>", **two, members=2).model.save(folder / "table.clearprop")
    cp.TableModel.train(frame, ["<b>", "price"], **two).model.save(folder / "several.clearprop")
    cp.Network(3, [cp.Dense(2, "tanh"), cp.Dense(1)]).save(folder / "net.clearprop")
    return folder


def texts(path):
    return [element.text for element in ET.parse(path).iter() if element.text and element.text.strip()]


def test_a_network_is_drawn_beside_its_file(models):
    done = run("draw", models / "net.clearprop", "--lang", "zh")
    assert (done.returncode, done.stdout) == (0, "")
    assert "net.svg" in done.stderr
    shown = texts(models / "net.svg")
    assert "2 · tanh" in shown
    assert any("权重" in text for text in shown)


def test_inputs_have_the_names_of_features_and_a_member_is_said(models, tmp_path):
    run("draw", models / "table.clearprop", "--out", tmp_path / "one.svg", "--member", "2")
    shown = texts(tmp_path / "one.svg")
    assert "height" in shown
    assert any("Member 2 of 2" in text for text in shown)
    assert run("draw", models / "table.clearprop", "--out", tmp_path / "one.png").returncode == 0
    assert (tmp_path / "one.png").read_bytes().startswith(b"\x89PNG")
    assert "--target COL" in run("draw", models / "several.clearprop").stderr
    run("draw", models / "several.clearprop", "--target", "price", "--out", tmp_path / "price.svg")
    assert "<i>&" in texts(tmp_path / "price.svg")


def test_wrong_options_are_one_line(models):
    for options, said in (
        (("--out", "x.gif"), "expected a file ending in .svg or .png"),
        (("--member", "2"), "one network answers"),
        (("--out", models / "net.clearprop"), "expected a file ending in"),
    ):
        done = run("draw", models / "net.clearprop", *options)
        assert (done.returncode, said in " ".join(done.stderr.split())) == (2, True)


def test_a_target_of_a_bare_network_is_refused_not_passed_over(models, tmp_path):
    done = run("draw", models / "net.clearprop", "--target", "y", "--out", tmp_path / "net.svg")
    assert "--target y for a network; expected no such option: all of its outputs are drawn" in done.stderr
    assert not (tmp_path / "net.svg").exists()
