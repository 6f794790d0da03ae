"""What `clearprop play` opens: what each file, link and name comes to, and the sentence for what is none of them."""

import json
import zlib
from base64 import urlsafe_b64encode
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

import clearprop as cp
from clearprop.play.bench import Bench
from clearprop.play.openings import opened, opening
from clearprop.play.presets import PRESETS
from clearprop.play.state import State
from commands import run

ROWS = pl.DataFrame(
    {
        "größe": np.random.default_rng(0).normal(size=60),
        "art": ["a", "b", "c"] * 20,
        "kind": ["yes", "no"] * 30,
        "price": np.random.default_rng(1).normal(100, 20, size=60),
    }
)
LAYERS = {
    "softmax": ([cp.Dense(4, "relu"), cp.Dense(3, "softmax")], "cross_entropy"),
    "sigmoid": ([cp.Dense(4, "leaky_relu"), cp.Dense(1, "sigmoid")], "binary_cross_entropy"),
    "numbers": ([cp.Dense(4, "tanh"), cp.Dense(2)], "huber"),
    "linear": ([cp.Linear(3, 4), cp.Activation("relu"), cp.Linear(4, 1)], "mean_squared_error"),
}
REFUSED = {
    "without bias": ([cp.Dense(4, bias=False), cp.Dense(1)], "squared_error", "Dense(4, bias=False)"),
    "dropout": ([cp.Dense(4), cp.Dropout(0.5), cp.Dense(1)], "squared_error", "Dropout()"),
    "batch norm": ([cp.Dense(4), cp.BatchNorm(), cp.Dense(1)], "squared_error", "BatchNorm()"),
    "another slope": ([cp.Dense(4, cp.LeakyReLU(0.3)), cp.Dense(1)], "squared_error", "LeakyReLU(slope=0.3)"),
    "frozen": ([cp.Dense(4, trainable=False), cp.Dense(1)], "squared_error", "Dense(4, trainable=False)"),
    "another loss": ([cp.Dense(1)], cp.Huber(2.0), "Huber(delta=2.0)"),
    "no loss": ([cp.Dense(1)], None, "no loss"),
}


def link_to(data, address="http://127.0.0.1:8000/"):
    """As the page writes one: the state as JSON, compressed, in the letters of an address."""
    packing = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    return bare_link(packing.compress(data) + packing.flush(), address)


def bare_link(packed, address="http://127.0.0.1:8000/"):
    return f"{address}#s={urlsafe_b64encode(packed).decode().rstrip('=')}"


def trained(preset, steps=7):
    """A state in the middle of a training: its numbers, the optimizer's, and how it is looked at."""
    bench = Bench(PRESETS[preset].state(preset))
    bench.step(steps)
    return replace(bench.current(), view=replace(bench.state.view, lang="zh", digits=7, selected="dW1[0,1]"))


def same_numbers(state, other):
    """Whether two states come to the same next step."""
    a, b = Bench(state), Bench(other)
    a.step(3)
    b.step(3)
    return all(np.array_equal(mine, b.network.arrays()[name]) for name, mine in a.network.arrays().items())


# --- tables


@pytest.mark.parametrize("kind", ["csv", "parquet", "json", "ndjson"])
def test_a_table_of_any_kind_is_the_same_table(tmp_path, kind):
    path = tmp_path / f"table.{kind}"
    getattr(ROWS, f"write_{kind}")(path)
    state = opening(str(path), target="kind")
    assert (state.data.kind, state.data.name, state.data.target) == ("table", f"table.{kind}", "kind")
    ROWS.write_csv(tmp_path / "same.csv")
    samples, same = Bench(state).samples, Bench(opening(str(tmp_path / "same.csv"), target="kind")).samples
    assert samples.classes == same.classes == ("no", "yes")
    np.testing.assert_array_equal(samples.X, same.X)
    np.testing.assert_array_equal(samples.y, same.y)


def test_the_last_column_is_the_target_and_that_is_said(tmp_path):
    ROWS.write_csv(tmp_path / "table.csv")
    samples = Bench(opening(str(tmp_path / "table.csv"))).samples
    assert samples.target == "price"
    assert "price" in samples.said[0]("en") or any("price" in one("en") for one in samples.said)


def test_a_demo_table_is_a_table():
    bench = Bench(opening("demo:iris"))
    assert bench.samples.X.shape == (150, 4)
    assert bench.samples.classes == ("setosa", "versicolor", "virginica")


# --- states


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_opened_by_its_name(name):
    assert opening(name) == PRESETS[name].state(name)


def test_a_file_of_a_presets_name_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ROWS.write_csv("moons")
    assert opening("moons").data.kind == "table"


@pytest.mark.parametrize("preset", ["xor", "mazur", "moons", "wave"])
def test_a_link_and_a_file_hold_what_they_were_written_from(tmp_path, preset):
    state = trained(preset)
    path = tmp_path / "network.play.json"
    path.write_text(json.dumps(state.to_dict(), indent=1, ensure_ascii=False), encoding="utf-8")
    for what in (link_to(state.to_dict()), link_to(state.to_dict(), "https://example.org/play/?x=1"), str(path)):
        found = opening(what)
        assert found.to_dict() == state.to_dict()
        assert same_numbers(found, state)


# --- models


@pytest.fixture(scope="module", params=["kind", "price", "art"])
def model(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    found = cp.TableModel.train(ROWS, request.param, epochs=5, hidden=[5]).model
    found.save(folder / "model.clearprop")
    ROWS.write_csv(folder / "rows.csv")
    return found, folder


def test_a_model_answers_as_it_does_elsewhere(model):
    found, folder = model
    bench = Bench(opening(str(folder / "model.clearprop"), str(folder / "rows.csv")))
    np.testing.assert_allclose(bench.network.predict(bench.samples.X), found.outputs(ROWS), rtol=1e-5, atol=1e-6)
    if bench.samples.classes:
        numbers = bench.samples.y if bench.samples.y.ndim == 1 else bench.samples.y[:, 0]
        column = found.target.name
        assert [bench.samples.classes[int(k)] for k in numbers] == ROWS[column].to_list()
    assert len(bench.samples.inputs) == bench.samples.X.shape[1]


def test_a_model_without_rows_has_one_of_zeros(model):
    found, folder = model
    bench = Bench(opening(str(folder / "model.clearprop")))
    np.testing.assert_array_equal(bench.samples.X, np.zeros((1, found.network.architecture.n_inputs)))
    X = np.random.default_rng(2).normal(size=(20, bench.samples.X.shape[1]))
    np.testing.assert_allclose(bench.network.predict(X), found.network.predict(X), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_network_answers_as_it_does_elsewhere(tmp_path, name, dtype):
    layers, loss = LAYERS[name]
    net = cp.Network(3, layers, loss, seed=5, dtype=dtype, l2=0.25)
    net.save(tmp_path / "net.clearprop")
    bench = Bench(opening(str(tmp_path / "net.clearprop")))
    X = np.random.default_rng(2).normal(size=(20, 3))
    np.testing.assert_allclose(bench.network.predict(X), net.predict(X), rtol=1e-5, atol=1e-6)
    assert bench.state.training.l2 == 0.25
    again = Bench(State.from_dict(json.loads(json.dumps(bench.current().to_dict()))))
    np.testing.assert_array_equal(again.network.predict(X), bench.network.predict(X))


def test_an_onnx_file_is_a_model_and_no_table(tmp_path):
    pytest.importorskip("onnx")
    net = cp.Network(3, [cp.Dense(4, "tanh"), cp.Dense(1)], "mean_squared_error", seed=5)
    net.to_onnx(tmp_path / "net.onnx")
    bench = Bench(opening(str(tmp_path / "net.onnx")))
    X = np.random.default_rng(2).normal(size=(20, 3))
    np.testing.assert_allclose(bench.network.predict(X), net.predict(X), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", REFUSED)
def test_a_network_that_the_page_cannot_hold_is_refused(tmp_path, name):
    layers, loss, part = REFUSED[name]
    cp.Network(3, layers, loss).save(tmp_path / "net.clearprop")
    with pytest.raises(cp.ClearpropError) as refused:
        opening(str(tmp_path / "net.clearprop"))
    assert part in str(refused.value)
    assert "; expected" in str(refused.value)


def test_a_network_of_too_many_inputs_is_refused(tmp_path):
    cp.Network(1200, [cp.Dense(1)], "squared_error").save(tmp_path / "net.clearprop")
    with pytest.raises(cp.ModelFileError, match="1,200 inputs; expected up to 1,000"):
        opening(str(tmp_path / "net.clearprop"))


@pytest.mark.parametrize(
    ("network", "part"),
    [
        (
            {"layers": [{"units": 90_000, "activation": "tanh"}, {"units": 1, "activation": "sigmoid"}]},
            "360,001 parameters",
        ),
        ({"loss": "cross_entropy"}, "softmax"),
        ({"layers": []}, "0 layers"),
    ],
)
def test_what_cannot_be_built_is_said_in_the_terminal(monkeypatch, network, part):
    pytest.importorskip("starlette")
    monkeypatch.setattr("clearprop.play.server.Server", lambda *_: pytest.fail("a page of nothing was served"))
    state = PRESETS["xor"].state("xor").to_dict()
    done = run("play", link_to({**state, "network": {**state["network"], **network}}), "--no-browser")
    assert done.returncode
    assert part in done.stderr


# --- what is none of them


STATE = PRESETS["xor"].state("xor").to_dict()
BROKEN = {
    "half of it": (link_to(STATE)[:-30], "a link that cannot be read"),
    "nothing": ("http://127.0.0.1:8000/#s=", "a link that cannot be read"),
    "no base64": ("http://127.0.0.1:8000/#s=é%%", "a link that cannot be read"),
    "no JSON": (link_to(b"{"), "a link that cannot be read"),
    "no UTF-8": (link_to(b'{"\xff": 1}'), "a link that cannot be read"),
    "no object": (link_to([1]), "a state of type list"),
    "deep": (link_to(b"[" * 200_000), "a link that cannot be read"),
    "no state": (link_to({"a": 1}), "'a' in a state"),
    "of another version": (link_to({**STATE, "version": 2}), "version 2"),
    "half a letter": (link_to({**STATE, "data": {**STATE["data"], "name": "\ud800"}}), "half a letter"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_link_is_a_sentence(name):
    link, part = BROKEN[name]
    with pytest.raises(cp.InvalidValueError) as refused:
        opening(link)
    assert part in str(refused.value)
    assert str(refused.value).count("expected") == 1


def test_a_link_that_unpacks_to_gigabytes_is_refused():
    """A state with four gigabytes of blanks behind it: JSON that could be read, in four megabytes of letters."""
    packing = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    state = packing.compress(json.dumps(STATE).encode()) + packing.flush(zlib.Z_FULL_FLUSH)
    blanks = packing.compress(b" " * (16 << 20)) + packing.flush(zlib.Z_FULL_FLUSH)
    assert opening(bare_link(state + blanks + packing.copy().flush())) == State.from_dict(STATE)
    with pytest.raises(cp.InvalidValueError, match="a link that cannot be read"):
        opening(bare_link(state + 256 * blanks + packing.flush()))


@pytest.mark.parametrize("kept", [9, 200, 0.5, -1])
def test_a_model_that_was_cut_off_is_a_sentence(model, tmp_path, kept):
    whole = (model[1] / "model.clearprop").read_bytes()
    path = tmp_path / "cut.clearprop"
    path.write_bytes(whole[: int(len(whole) * kept) if isinstance(kept, float) else kept])
    with pytest.raises(cp.ModelFileError, match="cut.clearprop"):
        opening(str(path))


@pytest.mark.parametrize(
    ("name", "text", "part"),
    [
        ("half.play.json", json.dumps(STATE)[:100], "is no JSON file"),
        ("other.play.json", json.dumps({**STATE, "extra": 1}), "'extra' in a state; expected"),
        ("empty.json", "[]", "no rows"),
        ("empty.csv", "", "is empty"),
        ("one.csv", "a\n1\n2", "input column"),
        ("text.md", "# A letter\n\nDear all,\n", "expected"),
    ],
)
def test_a_file_of_something_else_is_a_sentence(tmp_path, name, text, part):
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(cp.ClearpropError) as refused:
        opening(str(tmp_path / name))
    assert part in str(refused.value)


def test_an_empty_folder_and_nothing_are_sentences(tmp_path):
    with pytest.raises(cp.FileError, match="holds no file of a table; expected"):
        opening(str(tmp_path))
    with pytest.raises(
        cp.FileError, match=r"there is no .*nothing\.csv; expected a table, a model, a link, or one of: xor"
    ):
        opening(str(tmp_path / "nothing.csv"))
    with pytest.raises(cp.UnknownNameError, match="demo table 'nothing'; expected one of: iris"):
        opening("demo:nothing")


def test_what_would_be_left_out_is_refused(model, tmp_path):
    """Rows for what is no model, and a target for what is no table."""
    path, rows = str(model[1] / "model.clearprop"), str(model[1] / "rows.csv")
    saved = tmp_path / "network.play.json"
    saved.write_text(json.dumps(STATE), encoding="utf-8")
    for what in ("xor", link_to(STATE), str(saved), rows, "demo:iris"):
        with pytest.raises(cp.InvalidValueError, match="and a table .*; expected a table for a model alone"):
            opening(what, rows)
    for what in ("xor", link_to(STATE), str(saved), path):
        with pytest.raises(cp.InvalidValueError, match="and a target .*; expected a target for a table alone"):
            opening(what, target="kind")


def test_rows_that_do_not_fit_a_model_are_a_sentence(model, tmp_path):
    cp.Network(3, [cp.Dense(1)], "squared_error").save(tmp_path / "net.clearprop")
    with pytest.raises(cp.InvalidValueError, match="a table for a network that knows no columns"):
        opening(str(tmp_path / "net.clearprop"), str(model[1] / "rows.csv"))
    with pytest.raises(cp.ClearpropError, match="expected"):
        opening(str(model[1] / "model.clearprop"), "demo:iris")
    with pytest.raises(cp.FileError, match=r"nothing\.csv"):
        opening(str(model[1] / "model.clearprop"), "nothing.csv")


def test_rows_that_are_left_out_are_told(model, tmp_path):
    """Of a long table as many as are looked at; and those without an answer to compare with."""
    found, folder = model
    told = []
    ROWS.sample(2500, with_replacement=True, seed=0).write_csv(tmp_path / "long.csv")
    bench = Bench(opening(str(folder / "model.clearprop"), str(tmp_path / "long.csv"), tell=told.append))
    assert len(bench.samples.X) == 2000
    assert [one("en") for one in told] == ["2,000 of 2,500 rows were drawn at random."]
    told.clear()
    some = pl.when(pl.int_range(60) < 57).then(pl.col(found.target.name)).alias(found.target.name)
    ROWS.with_columns(some).write_csv(tmp_path / "gaps.csv")
    bench = Bench(opening(str(folder / "model.clearprop"), str(tmp_path / "gaps.csv"), tell=told.append))
    assert len(bench.samples.X) == 57
    assert len(told) == 1
    assert "3" in told[0]("en")


def test_a_penalty_that_changes_is_left_out_and_told():
    told = []
    net = cp.Network(2, [cp.Dense(1, "sigmoid")], "bce", l2=cp.Cosine(0.1))
    assert opened(net, tell=told.append).training.l2 == 0
    assert ["Cosine(" in one("en") for one in told] == [True]
