"""Whose update is explained: that of the last training, unless another one is asked for; and why is said."""

from __future__ import annotations

import pickle

import numpy as np
import polars as pl
import pytest

import clearprop as cp
import commands

X, Y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), [0, 1, 1, 0]
OWN = "the optimizer with which this network was trained"
NONE = "No optimizer is known for this network"


def network():
    layers = [cp.Dense(2, "tanh"), cp.Dense(1, "sigmoid")]
    return cp.Network(2, layers, "binary_cross_entropy", seed=1, dtype="float64")


def update(trace, **options):
    text = trace.explain(**options).to_text()
    return text[text.index("\nUpdate\n") :]


def test_gradient_descent_where_nothing_is_known():
    found = update(network().trace(X[1], 1))
    assert "(gradient descent, η = 0.1)" in found
    assert NONE in found
    assert "（梯度下降，η = 0.1）" in network().trace(X[1], 1).explain("zh").to_text()


def test_the_optimizer_of_the_last_fit():
    net = network()
    net.fit(X, Y, optimizer="adam", epochs=1)
    net.fit(X, Y, optimizer=cp.SGD(0.5, momentum=0.5, weight_decay=0.25), epochs=1)
    assert net.optimizer == cp.SGD(0.5, momentum=0.5, weight_decay=0.25)
    found = update(net.trace(X[1], 1))
    assert "(SGD, η = 0.5)" in found
    assert OWN in found
    assert "λ · W[1]" in found
    copied = pickle.loads(pickle.dumps(net.copy()))
    for trace in (copied.trace(X, Y).sample(1), pickle.loads(pickle.dumps(net.trace(X[1], 1)))):
        assert update(trace) == found


def test_another_one_is_shown_where_it_is_asked_for():
    net = network()
    net.fit(X, Y, optimizer="adam", epochs=1)
    found = update(net.trace(X[1], 1), optimizer="gradient_descent")
    assert "(gradient descent, η = 0.1)" in found
    assert OWN not in found
    assert NONE not in found
    assert "λ" not in found


def test_a_plain_step_explains_itself():
    net = network()
    net.fit(X, Y, optimizer="adam", epochs=1)
    before = net.step(X, Y, learning_rate=0.25)
    found = update(before)
    assert "(gradient descent, η = 0.25)" in found
    printed = before.explain(only="W1'", digits=15).to_text().split("= ")[-1].strip(" \n[]").replace("−", "-")
    shown = np.array([[float(x) for x in row.split()] for row in printed.split(";")])
    np.testing.assert_allclose(shown, net.parameters["W1"], rtol=1e-13)


def test_the_steps_of_the_page_are_those_of_the_same_optimizer():
    net = network()
    assert "gradient descent, η = 0.1" in net.trace(X[1], 1).step_by_step().subtitle
    net.fit(X, Y, optimizer=cp.RMSProp(0.02), epochs=1)
    assert "RMSProp, η = 0.02" in net.trace(X[1], 1).step_by_step().subtitle
    assert "AdaGrad, η = 0.01" in net.trace(X[1], 1).step_by_step(optimizer="adagrad").subtitle


@pytest.mark.parametrize(("l1", "l2"), [(0.0, 0.0), (0.1, 0.0), (0.0, 0.1)])
def test_penalties_only_where_they_are_and_then_in_loss_and_gradient_alike(l1, l2):
    net = cp.Network(2, [cp.Dense(1, "sigmoid")], "binary_cross_entropy", l1=l1, l2=l2, seed=0, dtype="float64")
    trace = net.trace(X[1], 1)
    text = trace.explain(detail="formulas").to_text()
    assert ("L₀" in text) == bool(l1 or l2)
    assert ("|W[1]|" in text) == ("sgn(W[1])" in text) == bool(l1)
    assert ("W[1]²" in text) == ("0.1 · W[1] + " in text) == bool(l2)
    W = net.parameters["W1"]
    penalty = l1 * np.abs(W).sum() + l2 / 2 * (W**2).sum()
    assert trace.loss == pytest.approx(-np.log(trace.a[1].item()) + penalty)
    np.testing.assert_allclose(trace.dW[1], X[1][:, None] * (trace.a[1] - 1) + l1 * np.sign(W) + l2 * W)


# --- models of tables


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("optimizer")
    (folder / "t.csv").write_text("x,y\n" + "".join(f"{i % 7},{'yes' if i % 7 > 3 else 'no'}\n" for i in range(60)))
    table = pl.read_csv(folder / "t.csv")
    fit = cp.TableModel.train(table, "y", hidden=2, epochs=2, optimizer="rmsprop", learning_rate=0.02)
    fit.model.save(folder / "m.clearprop")
    return folder, fit.model, table


def test_a_model_explains_its_own_update_also_from_a_file(trained):
    folder, model, table = trained
    for one in (model, cp.load(folder / "m.clearprop")):
        text = one.explain(table, row=3).to_text()
        assert "(RMSProp, η = 0.02)" in text
        assert OWN in text
    assert "(SGD, η = 0.01)" in model.explain(table, row=3, optimizer="sgd").to_text()


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        ([], "RMSProp, η = 0.02"),
        (["--optimizer", "adagrad"], "AdaGrad, η = 0.01"),
        (["--optimizer", "adagrad", "--learning-rate", 0.5], "AdaGrad, η = 0.5"),
        (["--learning-rate", 0.5], "RMSProp, η = 0.5"),
    ],
)
def test_on_the_command_line(trained, options, shown, tmp_path):
    folder, _, _ = trained
    where = (folder / "m.clearprop", folder / "t.csv", "--row", 3, "--notation", "d", *options)
    code, out, _ = commands.run("explain", *where)
    assert code == 0
    assert f"({shown})" in out
    assert "dW[1]" in out
    assert "δ" not in out
    assert commands.run("explain", *where, "--steps", "--out", tmp_path / "s.html")[0] == 0
    page = (tmp_path / "s.html").read_text()
    assert shown in page
    assert "δ" not in page


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--notation", "D"], "notation 'D'; expected 'delta' or 'd'"),
        (["--optimizer", "adm"], "optimizer 'adm'"),
        (["--learning-rate", -1], "learning"),
    ],
)
def test_wrong_options_are_one_line(trained, options, said):
    folder, _, _ = trained
    code, out, error = commands.run("explain", folder / "m.clearprop", folder / "t.csv", "--row", 3, *options)
    assert code == 2
    assert said in error
    assert out == ""


def test_an_optimizer_of_the_users_own_is_known_until_a_file_forgets_it(trained, tmp_path):
    """No file can carry it, and the page does not say that there was no training."""

    class Halved(cp.GradientDescent):
        pass

    _, _, table = trained
    model = cp.TableModel.train(table, "y", hidden=2, epochs=1, optimizer=Halved(0.05)).model
    assert "(Halved, η = 0.05)" in model.explain(table, row=3).to_text()
    model.save(tmp_path / "m.clearprop")
    text = cp.load(tmp_path / "m.clearprop").explain(table, row=3).to_text()
    assert "(gradient descent, η = 0.1)" in text
    assert NONE in text


def test_two_optimizers_of_the_users_own_that_call_each_other_equal():
    """A class without @dataclass compares what it inherited alone; each has its own update all the same."""

    class Times(cp.GradientDescent):
        def __init__(self, factor):
            super().__init__(0.1)
            object.__setattr__(self, "factor", factor)

        def update(self, theta, dtheta, slots, h):
            return theta - self.factor * dtheta, {}

    trace = network().trace(X[1], 1)
    assert Times(2.0) == Times(3.0)
    found = [update(trace, optimizer=Times(factor)) for factor in (2.0, 3.0)]
    assert found[0] != found[1]
