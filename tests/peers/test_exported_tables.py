"""Models of tables as ONNX and in PyTorch: what `clearprop export` runs before it writes them."""

from __future__ import annotations

import polars as pl
import pytest

import clearprop as cp
from any_table import any_model
from clearprop.app.exported_tables import TABLE_FORMATS, compared_tables
from clearprop.estimators.made_up import made_up_rows
from commands import run

pytestmark = [pytest.mark.peers, pytest.mark.filterwarnings("ignore::clearprop.errors.DataWarning")]


def checked(model, frame, to):
    form = TABLE_FORMATS[to]
    assert not form.lacking()
    for rows in (frame, made_up_rows(model.encoder, 300)):
        found = compared_tables(form, form.written(model, "en"), model, rows, "some")
        assert found.difference <= 1e-6 * found.scale
        assert not found.labels


@pytest.mark.parametrize("seed", [0, 3, 8])
def test_any_table_in_pytorch(seed):
    model, frame = any_model(seed)
    if len(model.members) > 1:
        model = cp.TableModel(model.encoder, model.target, model.members[0])
    checked(model, frame, "torch")


@pytest.mark.parametrize("target", ["c", "d", "e"])
def test_a_table_in_onnx(tmp_path, target):
    frame = pl.DataFrame(
        {"a": [1.0, 2.0, None, 4.0] * 30, "b": ["x", "y", "z", None] * 30, "f": [True, False, True] * 40}
        | {"c": ["no", "yes"] * 60, "d": [1.5, 2.5, 3.0, 9.0] * 30, "e": [1, 2, 3] * 40}
    )
    others = [name for name in "cde" if name != target]
    model = cp.TableModel.train(frame.drop(others), target, epochs=2, hidden=[3], members=2).model
    checked(model, frame, "onnx")
    model.save(tmp_path / "m")
    assert "largest difference of a" in run("export", tmp_path / "m", "--to", "onnx").stdout


def test_members_and_cuts_that_pytorch_lacks_are_refused_by_name():
    frame = pl.DataFrame({"a": [1.0, 2.0, 3.0, 4.0] * 30, "c": ["no", "yes"] * 60})
    model = cp.TableModel.train(frame, "c", epochs=1, hidden=[3], members=2).model
    with pytest.raises(cp.errors.InvalidValueError, match="a layer that PyTorch has"):
        model.to_torch_source()


@pytest.mark.parametrize("target", ["y", "z"])
def test_columns_may_have_the_names_of_outputs(target):
    frame = pl.DataFrame(
        {"value": [1.0, 2.0, 4.0] * 20, "label": ["a", "b", "c"] * 20, "probabilities": [0.5, 2.0] * 30}
    )
    frame = frame.with_columns(y=pl.col("value") * 1.5, z=pl.col("label"))
    checked(cp.TableModel.train(frame, target, drop="z" if target == "y" else "y", epochs=1).model, frame, "onnx")


def test_a_file_with_pytorch_leaves_the_default_dtype():
    frame = pl.DataFrame({"a": [1.0, 2.0, 3.0, 4.0] * 30, "c": ["no", "yes"] * 60})
    model, space = cp.TableModel.train(frame, "c", epochs=1, hidden=[3]).model, {}
    torch = pytest.importorskip("torch")
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        exec(model.to_torch_source(), space)
        assert torch.get_default_dtype() == torch.float64
        assert space["probabilities"](frame).dtype == "float32"
    finally:
        torch.set_default_dtype(usual)
