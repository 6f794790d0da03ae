"""Model files: whatever bytes come, the answer is a model or one clear error."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import clearprop as cp
from clearprop.errors import ClearpropError, FileError, InvalidValueError, ModelFileError
from clearprop.interop import read_model, write_atomically, write_model
from mutations import mutated, outcome, real_files


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "m.clearprop"
    cp.Network(3, [cp.Dense(4, "tanh"), cp.Dense(1, "sigmoid")], "binary_cross_entropy").save(path)
    return path.read_bytes()


def load(tmp_path, content):
    path = Path(tmp_path) / "x.clearprop"
    path.write_bytes(content)
    return cp.load(path)


def with_header(model, change):
    """The same file with its JSON header changed."""
    length = struct.unpack("<Q", model[:8])[0]
    outer = json.loads(model[8 : 8 + length])
    inner = json.loads(outer["__metadata__"]["clearprop"])
    outer["__metadata__"]["clearprop"] = json.dumps(change(inner))
    text = json.dumps(outer).encode()
    return struct.pack("<Q", len(text)) + text + model[8 + length :]


@pytest.mark.parametrize("length", [0, 4, 8, 100, -1, -50])
def test_truncated_files(model, tmp_path, length):
    with pytest.raises(ModelFileError):
        load(tmp_path, model[:length])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\x03\x04 not ours", "no model file"),
        (b"\xff" * 100, "no model file"),
        (struct.pack("<Q", 2) + b"{}", "no clearprop model"),
        (struct.pack("<Q", 2**40) + b"{}", "no model file"),
        (struct.pack("<Q", 20000) + b"[" * 20000, "no clearprop model"),
    ],
)
def test_foreign_files(tmp_path, content, words):
    with pytest.raises(ModelFileError, match=words):
        load(tmp_path, content)


def replaced(path, value):
    def change(header):
        place = header
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = value
        return header

    return change


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (["format"], 99, "newer clearprop"),
        (["format"], "1", "damaged header"),
        (["format"], 0, "damaged header"),
        (["kind"], "pickle", "holds a pickle"),
        (["network"], None, "does not describe"),
        (["network", "dtype"], "f16", "damaged header"),
        (["network", "seed"], "x", "damaged header"),
        (["network", "dtype"], "f64", "float64"),
        (["network", "architecture", "n_inputs"], -3, "positive integer"),
        (["network", "architecture", "n_inputs"], 7, "W1"),
        (["network", "architecture", "layers"], "os.system", "description of the layers"),
        (["network", "architecture", "layers", 0, "class"], "system", "unknown class"),
        (["network", "architecture", "layers", 0, "units"], 10**12, "W1"),
        (["network", "architecture", "layers", 0, "units"], "4", "bad description of a Dense"),
        (["network", "architecture", "layers", 0, "extra"], 1, "bad description of a Dense"),
        (["network", "architecture", "layers", 0, "activation"], "rleu", "did you mean 'relu'"),
        (["network", "architecture", "layers", 0, "activation"], {"class": "LeakyReLU", "slope": "x"}, "LeakyReLU"),
        (["network", "architecture", "l1"], "x", "l1 = 'x'"),
        (["network", "architecture", "l2"], -1.0, "l2 = -1.0"),
        (["network", "architecture", "loss"], 3, "."),
    ],
)
def test_headers_that_were_changed(model, tmp_path, path, value, words):
    with pytest.raises(ModelFileError, match=words):
        load(tmp_path, with_header(model, replaced(path, value)))


@given(st.data())
def test_mutated_files_give_a_model_or_a_clear_error(model, tmp_path_factory, data):
    content = bytearray(model)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    try:
        net = load(tmp_path_factory.mktemp("mutated"), bytes(content))
    except ClearpropError:
        return
    assert net.predict(np.zeros((1, net.architecture.n_inputs))).shape == (1, net.architecture.n_outputs)


def test_missing_file_and_directory(tmp_path):
    with pytest.raises(FileError, match="No such file"):
        cp.load(tmp_path / "none")
    with pytest.raises(FileError, match="directory"):
        cp.load(tmp_path)


def test_integers_are_no_parameters(tmp_path):
    write_model(tmp_path / "m", {"kind": "network"}, {"W1": np.zeros(3, np.int64)})
    with pytest.raises(ModelFileError, match="W1 holds int64"):
        read_model(tmp_path / "m")


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "f"
    write_atomically(path, b"old")
    monkeypatch.setattr("os.fsync", lambda fd: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(FileError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


def test_numbers_that_are_not_finite(tmp_path):
    cp.Network(2, [cp.Dense(1)]).save(tmp_path / "m")
    header, arrays = read_model(tmp_path / "m")
    write_model(tmp_path / "m", header, arrays | {"W1": np.full((2, 1), np.nan, np.float32)})
    with pytest.raises(ModelFileError, match="W1 holds numbers that are not finite"):
        cp.load(tmp_path / "m")


@pytest.mark.parametrize("depth", [400, 700, 900])
def test_lists_in_lists(model, tmp_path, depth):
    nested = []
    for _ in range(depth):
        nested = [nested]

    def change(header):
        header["network"]["architecture"]["layers"] = nested
        return header

    with pytest.raises(ModelFileError):
        load(tmp_path, with_header(model, change))


def test_numpy_numbers_in_a_layer_are_saved(tmp_path):
    net = cp.Network(2, [cp.Dense(2, bias=np.True_), cp.Dropout(np.float32(0.25)), cp.Dense(1)])
    net.save(tmp_path / "m")
    assert cp.load(tmp_path / "m").architecture.layers[1] == cp.Dropout(0.25)


def test_a_link_stays_a_link_and_a_pipe_a_pipe(tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    write_atomically(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_atomically(tmp_path / "pipe", b"new")
    assert os.read(reader, 10) == b"new"
    os.close(reader)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link", "pipe", "real"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return real_files(tmp_path_factory.mktemp("files"))


@settings(suppress_health_check=list(HealthCheck))
@given(st.data())
def test_files_changed_by_accident_or_on_purpose(files, tmp_path_factory, data):
    assert outcome(tmp_path_factory.mktemp("m") / "x", data.draw(mutated(files)))


def test_very_many_layers_are_refused_at_once(model, tmp_path):
    def change(header):
        header["network"]["architecture"]["layers"] *= 20_000
        return header

    with pytest.raises(ModelFileError, match="40000 layers; expected at most 2000"):
        load(tmp_path, with_header(model, change))


def test_a_description_too_large_to_be_read_is_not_written(tmp_path):
    with pytest.raises(InvalidValueError, match="a description of 9.0 MB"):
        write_model(tmp_path / "m", {"text": "x" * 9_000_000}, {})
    assert not (tmp_path / "m").exists()


def test_a_pipe_is_no_model(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ModelFileError, match="no ordinary file"):
        cp.load(tmp_path / "pipe")


# --- parts of the header that stand apart

BIG = {"columns": ["x" * 100] * 2000}


@pytest.mark.parametrize("value", [BIG, {"columns": ["é", "列", "\udc80"] * 20_000}, ["a"] * 30_000])
def test_a_large_part_stands_apart_and_comes_back(tmp_path, value):
    arrays = {"W1": np.arange(3.0)}
    write_model(tmp_path / "m", {"kind": "table_model", "encoder": value}, arrays, growing=["encoder"])
    content = (tmp_path / "m").read_bytes()
    assert struct.unpack("<Q", content[:8])[0] < 1000, "the header is small"
    header, found = read_model(tmp_path / "m")
    assert header == {"format": 1, "kind": "table_model", "encoder": value}
    assert list(found) == ["W1"]


def test_a_small_part_stays_in_the_header_and_the_check_sees_no_part_that_stands_apart(tmp_path):
    seen = []
    for value, name in ((["a"], "small"), (BIG, "large")):
        write_model(tmp_path / name, {"kind": "k", "encoder": value}, {"W1": np.zeros(2)}, growing=["encoder"])
        read_model(tmp_path / name, lambda header, shapes: seen.append((set(header), dict(shapes))))
    assert seen == [({"format", "kind", "encoder"}, {"W1": (2,)}), ({"format", "kind"}, {"W1": (2,)})]


def test_parts_too_large_to_be_read_are_not_written(tmp_path):
    with pytest.raises(InvalidValueError, match="a description of 70.0 MB; expected at most 60.4 MB"):
        write_model(tmp_path / "m", {"text": "x" * 70_000_000}, {}, growing=["text"])


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("header/encoder", np.frombuffer(b"{", np.uint8), "header/encoder is no JSON"),
        ("header/encoder", np.frombuffer(b"\xff\xfe", np.uint8), "header/encoder is no JSON"),
        ("header/encoder", np.frombuffer(b"[" * 100_000, np.uint8), "header/encoder is no JSON"),
        ("header/encoder", np.zeros(4, np.float32), "header/encoder holds float32; expected uint8"),
        ("header/encoder", np.zeros((2, 2), np.uint8), "damaged header"),
        ("header/kind", np.frombuffer(b"1", np.uint8), "damaged header"),
        ("W1", np.zeros(4, np.uint8), "W1 holds uint8; expected float32 or float64"),
    ],
)
def test_parts_that_were_changed(tmp_path, name, values, words):
    write_model(tmp_path / "m", {"kind": "table_model"}, {name: values})
    with pytest.raises(ModelFileError, match=words):
        read_model(tmp_path / "m")


def test_a_part_larger_than_a_writer_makes_is_refused_before_it_is_read(tmp_path):
    claim = {"dtype": "U8", "shape": [65 * 2**20], "data_offsets": [0, 65 * 2**20]}
    text = json.dumps({"__metadata__": {"clearprop": '{"format": 1}'}, "header/about": claim}).encode()
    with (tmp_path / "m").open("wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + 65 * 2**20)
    with pytest.raises(ModelFileError, match="damaged header"):
        read_model(tmp_path / "m")
