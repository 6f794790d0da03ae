"""The loop: what stops it, what it keeps, and that it repeats to the bit."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest

import clearprop as cp
from clearprop.errors import BusyError, DivergenceError, InvalidValueError, ModelFileError, UnknownNameError
from clearprop.execute import Batches, permutation
from clearprop.interop import read_model, write_model
from clearprop.train import History

rng = np.random.default_rng(0)
X = rng.normal(size=(60, 3))
y = (X[:, 0] * X[:, 1] > 0).astype(int)
REGRESSION = X @ [1.0, -2.0, 0.5] + 0.1 * rng.normal(size=60)


def classifier(seed=0, **options):
    layers = [cp.Dense(8, "tanh"), cp.Dropout(0.2), cp.Dense(2, "softmax")]
    return cp.Network(3, layers, "cross_entropy", seed=seed, **options)


def weights(net):
    return {name: net.parameters[name].tobytes() for name in net.parameters}


def test_loss_falls_and_every_parameter_moves():
    net = classifier()
    before = weights(net)
    history = net.fit(X, y, epochs=40, optimizer=cp.Adam(0.01))
    assert history.loss[-1] < 0.8 * history.loss[0]
    assert all(before[name] != now for name, now in weights(net).items())


def test_same_seed_same_bits_other_seed_other_bits():
    nets = [classifier() for _ in range(3)]
    for net, seed in zip(nets, (1, 1, 2), strict=True):
        net.fit(X, y, epochs=5, seed=seed)
    assert weights(nets[0]) == weights(nets[1])
    assert weights(nets[0]) != weights(nets[2])


def test_a_second_fit_goes_on():
    once, twice = classifier(), classifier()
    once.fit(X, y, epochs=6)
    twice.fit(X, y, epochs=2)
    twice.fit(X, y, epochs=4)
    assert weights(once) == weights(twice)


def test_another_optimizer_starts_with_its_own_state():
    net = classifier()
    net.fit(X, y, epochs=2, optimizer=cp.Adam())
    net.fit(X, y, epochs=1, optimizer=cp.SGD(0.1))
    assert np.isfinite(net.predict(X)).all()


def test_epochs_zero_changes_nothing():
    net = classifier()
    before = weights(net)
    assert net.fit(X, y, epochs=0).epochs == 0
    assert weights(net) == before


def test_epoch_loss_is_the_mean_over_rows_and_steps_are_recorded():
    net = cp.Network(3, [cp.Dense(1)], "mean_squared_error", dtype="float64")
    history = net.fit(X, REGRESSION, epochs=1, batch_size=25, optimizer=cp.GradientDescent(1e-15))
    residual = (X @ net.parameters["W1"])[:, 0] - REGRESSION
    assert history.loss[0] == pytest.approx(np.mean(residual**2), rel=1e-9)
    order = permutation(0, 0, 60)
    by_hand = [np.mean(residual[rows] ** 2) for rows in (order[:25], order[25:50], order[50:])]
    assert history.step_loss == pytest.approx(by_hand, rel=1e-9)


@pytest.mark.parametrize(("rows", "size", "sizes"), [(7, 3, [3, 4]), (8, 3, [3, 3, 2]), (1, 3, [1]), (3, 1, [1, 1, 1])])
def test_a_last_batch_of_one_row_joins_the_one_before(rows, size, sizes):
    batches = list(Batches(rows, size, shuffle=False).of(0))
    assert [len(b) for b in batches] == sizes
    assert np.concatenate(batches).tolist() == list(range(rows))


def test_full_batch_gradient_descent_equals_a_loop_by_hand():
    net = cp.Network(3, [cp.Dense(1)], "squared_error", dtype="float64")
    W, b = np.array(net.parameters["W1"]), np.zeros(1)
    for _ in range(10):
        delta = (X @ W + b - REGRESSION[:, None]) / len(X)
        W, b = W - 0.1 * X.T @ delta, b - 0.1 * delta.sum(0)
    net.fit(X, REGRESSION, optimizer=cp.GradientDescent(0.1), epochs=10, batch_size=60)
    np.testing.assert_allclose(net.parameters["W1"], W, rtol=1e-12)
    np.testing.assert_allclose(net.parameters["b1"], b, rtol=1e-12)


# --- validation, metrics, early stopping


def test_validation_pair_share_and_metrics():
    net = classifier()
    history = net.fit(X[:40], y[:40], epochs=3, validation=(X[40:], y[40:]), metrics=["accuracy", lambda t, a: len(t)])
    assert set(history) == {
        *("loss", "validation_loss", "validation_accuracy", "validation_<lambda>", "learning_rate", "seconds")
    }
    right = (net.predict(X[40:]).argmax(axis=1) == y[40:]).mean()
    assert history.validation_accuracy[-1] == pytest.approx(right)
    assert classifier().fit(X, y, epochs=2, validation=0.25, metrics=lambda t, a: len(t))["validation_<lambda>"] == [
        15,
        15,
    ]


def test_early_stopping_keeps_the_best_weights():
    net = cp.Network(3, [cp.Dense(50, "tanh"), cp.Dense(1)], "mean_squared_error")
    noise = rng.normal(size=60)
    history = net.fit(
        X[:30], noise[:30], epochs=300, validation=(X[30:], noise[30:]), early_stopping=5, optimizer=cp.Adam(0.01)
    )
    best = int(np.argmin(history.validation_loss))
    assert history.stopped_by == "early stopping"
    assert history.best_epoch == best + 1
    assert history.epochs == best + 1 + 5
    assert net.evaluate(X[30:], noise[30:])["loss"] == pytest.approx(history.validation_loss[best], rel=1e-6)


def test_early_stopping_on_a_metric_that_should_grow():
    stopping = cp.EarlyStopping("validation_accuracy", patience=3)
    history = classifier().fit(X, y, epochs=100, validation=0.3, early_stopping=stopping)
    assert history.best_epoch == int(np.argmax(history.validation_accuracy)) + 1


def test_monitoring_what_is_not_there():
    with pytest.raises(UnknownNameError, match="pass validation"):
        classifier().fit(X, y, epochs=2, early_stopping=cp.EarlyStopping("validation_loss"))


def test_callbacks_see_every_epoch_and_can_stop():
    seen = []

    def callback(event):
        seen.append((event.number, event.total, event.network.n_parameters, event.row["loss"]))
        return event.number == 3

    history = classifier().fit(X, y, epochs=10, callbacks=[callback])
    assert [s[:3] for s in seen] == [(1, 10, 50), (2, 10, 50), (3, 10, 50)]
    assert history.stopped_by == "callback"
    assert history.loss == [s[3] for s in seen]


def test_progress_prints_lines(capsys):
    classifier().fit(X, y, epochs=2, progress=True)
    err = capsys.readouterr().err
    assert "epoch 1/2" in err
    assert "epoch 2/2" in err


# --- schedules


def test_schedules_reach_the_steps():
    def rates(rate, epochs=4, **options):
        return classifier().fit(X, y, optimizer=cp.SGD(rate), epochs=epochs, batch_size=30, **options).learning_rate

    assert rates(0.1) == [0.1] * 4
    assert rates(cp.StepDecay(0.1, factor=0.5, every=2)) == pytest.approx([0.1, 0.1, 0.05, 0.05])
    cosine = [0.05 * (1 + np.cos(np.pi * step / 8)) for step in (1, 3, 5, 7)]  # the last of the 2 steps of each epoch
    assert rates(cp.Cosine(0.1)) == pytest.approx(cosine)
    assert rates(cp.WarmUp(0.1, steps=4)) == pytest.approx([0.05, 0.1, 0.1, 0.1])
    assert rates(cp.WarmUp(cp.StepDecay(0.1, 0.1, 1), steps=4)) == pytest.approx([0.05, 0.01, 0.001, 0.0001])


@pytest.mark.parametrize("before", [lambda schedule: schedule, lambda schedule: cp.WarmUp(schedule, steps=1)])
def test_reduce_on_plateau(before):
    net = classifier()
    schedule = before(cp.ReduceOnPlateau(0.1, factor=0.1, patience=2, monitor="validation_size"))
    metric = lambda t, a: 1.0  # noqa: E731  never improves after the first epoch
    metric.__name__ = "size"
    history = net.fit(X, y, optimizer=cp.SGD(schedule), epochs=6, validation=0.2, metrics=metric)
    assert history.learning_rate == pytest.approx([0.1, 0.1, 0.1, 0.01, 0.01, 0.001])


# --- divergence and interruption


def test_divergence_names_the_step_and_keeps_the_last_good_weights():
    net = cp.Network(3, [cp.Dense(1)], "mean_squared_error")
    good = {}

    def remember(event):
        good[event.number] = weights(event.network)

    with pytest.raises(DivergenceError, match=r"step \d+ \(epoch (\d+), batch \d+\).*learning rate below") as caught:
        net.fit(X, REGRESSION, optimizer=cp.GradientDescent(30.0), epochs=200, callbacks=[remember])
    kept = int(str(caught.value).split("from before epoch ")[1].split(" ")[0])
    assert weights(net) == good[kept - 1]
    assert np.isfinite(net.evaluate(X, REGRESSION)["loss"])
    net.fit(X, REGRESSION, optimizer=cp.Adam(), epochs=1)


def test_divergence_in_the_first_epoch_keeps_the_initial_weights():
    net = cp.Network(3, [cp.Dense(1)], "mean_squared_error")
    before = weights(net)
    with pytest.raises(DivergenceError, match="epoch 1"):
        net.fit(X, REGRESSION * 1e30, optimizer=cp.GradientDescent(1e10), epochs=5)
    assert weights(net) == before


def test_ctrl_c_returns_the_model_trained_so_far():
    net = classifier()

    def press(event):
        if event.number == 3:
            os.kill(os.getpid(), signal.SIGINT)

    history = net.fit(X, y, epochs=1000, callbacks=[press])
    assert history.stopped_by == "interrupt"
    assert 3 <= history.epochs < 10
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    net.fit(X, y, epochs=1)


def test_training_in_another_thread():
    net, errors = classifier(), []

    def work():
        try:
            net.fit(X, y, epochs=2)
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert errors == []


# --- one fit at a time


def test_a_fit_in_its_own_callback_is_refused_and_leaves_no_trace(tmp_path):
    net, expected = classifier(), classifier()
    history = expected.fit(X, y, epochs=3)

    def nested(event):
        with pytest.raises(BusyError, match="the network is being trained; expected one fit at a time"):
            net.fit(X, y, epochs=1, checkpoint=tmp_path / "c", resume=True)
        net.copy().fit(X, y, epochs=1)

    assert net.fit(X, y, epochs=3, callbacks=[nested]).loss == history.loss
    assert weights(net) == weights(expected)


def test_of_two_threads_one_trains():
    net, inside, over, got = classifier(), threading.Event(), threading.Event(), []

    def wait(event):
        inside.set()
        over.wait(20)

    thread = threading.Thread(target=lambda: got.append(net.fit(X, y, epochs=2, callbacks=[wait]).epochs))
    thread.start()
    inside.wait(20)
    try:
        with pytest.raises(BusyError):
            net.fit(X, y, epochs=1)
    finally:
        over.set()
        thread.join()
    assert got == [2]
    assert net.fit(X, y, epochs=1).epochs == 1


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_after_an_error_the_network_is_free_again(error):
    net = classifier()

    def fail(event):
        raise error

    with pytest.raises(error):
        net.fit(X, y, epochs=2, callbacks=[fail])
    assert net.fit(X, y, epochs=1).epochs == 1


# --- checkpoints


def checkpointed(path, epochs, resume=False, seed=0, stop_after=None):
    net = cp.Network(3, [cp.Dense(8, "relu"), cp.BatchNorm(), cp.Dropout(0.1), cp.Dense(2, "softmax")], "cross_entropy")
    options = {
        "optimizer": cp.AdamW(cp.WarmUp(cp.ReduceOnPlateau(0.01, patience=1), steps=10), clip_norm=1.0),
        "epochs": epochs,
        "batch_size": 16,
        "validation": (X[:10], y[:10]),
        "early_stopping": cp.EarlyStopping(patience=8),
        "checkpoint": path,
        "resume": resume,
        "seed": seed,
    }
    history = net.fit(X, y, callbacks=[lambda e: e.number == stop_after], **options)
    return net, history


def test_resume_goes_on_bit_for_bit(tmp_path):
    whole, history = checkpointed(tmp_path / "whole", 12)
    checkpointed(tmp_path / "parts", 12, stop_after=5)
    resumed, again = checkpointed(tmp_path / "parts", 12, resume=True)
    assert weights(resumed) == weights(whole)
    assert {k: whole.running[k].tobytes() for k in whole.running} == {
        k: resumed.running[k].tobytes() for k in resumed.running
    }
    assert again.loss == history.loss
    assert again.learning_rate == history.learning_rate
    assert again.best_epoch == history.best_epoch


def test_resume_reaches_those_who_hold_the_parameters(tmp_path):
    one, two = classifier(), classifier()
    one.fit(X, y, epochs=2, checkpoint=tmp_path / "c")
    held = two.parameters
    two.fit(X, y, epochs=2, checkpoint=tmp_path / "c", resume=True)
    assert (held["W1"] == one.parameters["W1"]).all()


def test_resume_without_a_file_starts_anew(tmp_path):
    a, _ = checkpointed(tmp_path / "none", 3, resume=True)
    b, _ = checkpointed(tmp_path / "other", 3)
    assert weights(a) == weights(b)


def test_a_fit_that_was_over_is_not_continued(tmp_path):
    _, history = checkpointed(tmp_path / "c", 500)
    assert history.stopped_by == "early stopping"
    _, again = checkpointed(tmp_path / "c", 500, resume=True)
    assert again.epochs == history.epochs


def test_fewer_epochs_than_there_are_train_nothing_and_say_so(tmp_path):
    whole, _ = checkpointed(tmp_path / "c", 5)
    with pytest.warns(RuntimeWarning, match=r"c holds 5 epochs already, more than the 3 asked for: nothing") as said:
        resumed, history = checkpointed(tmp_path / "c", 3, resume=True)
    assert said[0].filename == __file__
    assert history.epochs == 5
    assert weights(resumed) == weights(whole)


@pytest.mark.parametrize("schedule", [cp.Cosine(0.1), cp.WarmUp(cp.Cosine(0.1), steps=3)])
def test_a_schedule_over_the_whole_fit_warns_of_another_number_of_epochs(schedule, tmp_path):
    def fit(epochs, stop_after=None):
        stop = [lambda event: event.number == stop_after]
        options = {"epochs": epochs, "optimizer": cp.SGD(schedule), "callbacks": stop}
        return classifier().fit(X, y, checkpoint=tmp_path / "c", resume=True, **options)

    fit(4, stop_after=2)
    assert fit(4).epochs == 4, "the same number: not a word"
    with pytest.warns(RuntimeWarning, match="the learning rates of a fit of 4 epochs: another than one of 6 epochs"):
        assert fit(6).epochs == 6


def test_a_damaged_number_of_epochs(tmp_path):
    checkpointed(tmp_path / "c", 2)
    header, arrays = read_model(tmp_path / "c")
    for epochs in (1, None, 2**63):
        write_model(tmp_path / "c", {**header, "epochs": epochs}, arrays)
        with pytest.raises(ModelFileError, match="damaged checkpoint: epochs"):
            checkpointed(tmp_path / "c", 4, resume=True)


def test_a_checkpoint_of_another_training_is_refused(tmp_path):
    checkpointed(tmp_path / "c", 2)
    with pytest.raises(ModelFileError, match=r"another seed \(0, here 7\)"):
        checkpointed(tmp_path / "c", 4, resume=True, seed=7)


@pytest.mark.system
def test_kill_nine_and_resume_gives_the_same_bits(tmp_path):
    """A process is killed in the middle of training; a second one resumes and ends where an unbroken one does."""
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(
            """
            import os, sys, signal, hashlib
            import numpy as np, clearprop as cp
            path, kill_at = sys.argv[1], int(sys.argv[2])
            rng = np.random.default_rng(0)
            X = rng.normal(size=(200, 5)); y = (X.sum(1) > 0).astype(int)
            net = cp.Network(5, [cp.Dense(16, "relu"), cp.Dropout(0.2), cp.Dense(2, "softmax")], "cross_entropy")
            def kill(event):
                if event.number == kill_at:
                    os.kill(os.getpid(), signal.SIGKILL)
            net.fit(X, y, epochs=12, checkpoint=path, checkpoint_every=2, resume=True, callbacks=[kill])
            print(hashlib.sha256(b"".join(net.parameters[k].tobytes() for k in net.parameters)).hexdigest())
            """
        )
    )

    def run(path, kill_at):
        command = [sys.executable, str(script), str(tmp_path / path), str(kill_at)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    unbroken = run("a", -1)
    assert run("b", 7).returncode == -signal.SIGKILL
    assert run("b", -1).stdout == unbroken.stdout != ""


def test_a_resumed_fit_with_functions_of_ones_own(tmp_path):
    """Their addresses differ from process to process, their names do not."""

    def fit(epochs, resume):
        def stretched(z):
            return cp.tanh(z) * 1.5

        net = cp.Network(3, [cp.Dense(3, stretched), cp.Dense(1)], lambda a, y: (a - y) ** 2)
        net.fit(X, y, epochs=epochs, checkpoint=tmp_path / "c", resume=resume)
        return net.parameters["W1"]

    fit(2, False)
    resumed = fit(4, True)
    assert (resumed == fit(4, False)).all()


@pytest.mark.parametrize(
    ("name", "array", "words"),
    [
        ("slots/m.W1", None, "m.W1"),
        ("slots/m.W1", np.zeros((1, 1), np.float32), "m.W1"),
        ("slots/m.W1", np.zeros((3, 3)), "float64"),
        ("slots/m.W1", np.full((3, 3), np.inf, np.float32), "finite"),
        ("parameters/W1", np.full((3, 3), np.nan, np.float32), "finite"),
        ("best_parameters/W1", np.zeros((1, 1), np.float32), "W1"),
    ],
)
def test_a_checkpoint_with_arrays_that_were_changed(tmp_path, name, array, words):
    def fit(**options):
        net = cp.Network(3, [cp.Dense(3, "tanh"), cp.Dense(1)], "squared_error")
        net.fit(X, y, epochs=4, checkpoint=tmp_path / "c", early_stopping=3, **options)

    fit()
    header, arrays = read_model(tmp_path / "c")
    write_model(tmp_path / "c", header, {k: a for k, a in (arrays | {name: array}).items() if a is not None})
    with pytest.raises(ModelFileError, match=words):
        fit(resume=True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("step", -1), ("step", "x"), ("step", 2**63 - 1), ("step", 2**62), ("step", 1), ("step", True)],
        *[("done", 1e30), ("done", 0), ("epoch", None), ("epoch", 2**63 - 1), ("epoch", 1), ("waited", 9)],
        *[("best", "x"), ("best", 0.5), ("best", math.nan), ("rate_factor", -1), ("rate_factor", True)],
        *[("optimizer", "SGD"), ("optimizer", ""), ("history", []), ("best_epoch", 1), ("best_epoch", "x")],
        *[("best_epoch", 99), ("best_epoch", 0), ("best_epoch", True), ("stopped_by", "x\x1b[2J"), ("stopped_by", [])],
        *[("stopped_by", "early stopping"), ("step_loss", []), ("step_loss", [0.5]), ("step_loss", None)],
        *[("loss", [1.0]), ("loss", ["1", "2"]), ("loss", [1.0, None]), ("loss", [True, False]), ("loss", "12")],
        *[("seconds", []), ("z", [1.0, 2.0]), ("columns", {}), ("columns", []), ("columns", {"loss": [1.0, 2.0]})],
        *[("loss", [10**400, 1])],
    ],
)
def test_a_checkpoint_with_plain_data_that_was_changed(tmp_path, name, value):
    net = cp.Network(3, [cp.Dense(1)], "squared_error")
    net.fit(X, y, epochs=2, checkpoint=tmp_path / "c")
    header, arrays = read_model(tmp_path / "c")
    run = header["run"]
    places = (run, run["history"], run["history"]["columns"])
    next((place for place in places if name in place), places[-1])[name] = value
    write_model(tmp_path / "c", header, arrays)
    with pytest.raises(ModelFileError, match="damaged checkpoint") as error:
        net.fit(X, y, epochs=4, checkpoint=tmp_path / "c", resume=True)
    assert str(error.value).isprintable()


def test_a_checkpoint_without_the_best_weights_is_damaged(tmp_path):
    checkpointed(tmp_path / "c", 2)
    header, arrays = read_model(tmp_path / "c")
    write_model(tmp_path / "c", header, {k: a for k, a in arrays.items() if not k.startswith("best")})
    with pytest.raises(ModelFileError, match="half of what early stopping keeps"):
        checkpointed(tmp_path / "c", 4, resume=True)


def test_a_column_of_nan_is_no_damage(tmp_path):
    for epochs in (2, 4):
        history = classifier().fit(
            *(X, y),
            epochs=epochs,
            validation=(X, y),
            metrics=[lambda y, a: math.nan],
            checkpoint=tmp_path / "c",
            resume=True,
        )
    assert history.epochs == 4


def test_a_history_is_shown_without_control_characters():
    history = History({"loss": [1.0], "validation_\x1b[2J": [2.0]}, stopped_by="\x07")
    assert repr(history).isprintable()


# --- wrong arguments


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"epochs": -1}, "epochs -1"),
        ({"batch_size": 0}, "batch_size 0"),
        ({"batch_size": 2.5}, "batch_size 2.5"),
        ({"optimizer": "adm"}, "did you mean 'adam'"),
        ({"optimizer": 3}, "optimizer 3"),
        ({"validation": 1.5}, "validation share 1.5"),
        ({"validation": X}, "expected \\(X, y\\)"),
        ({"metrics": "acc"}, "unknown metric 'acc'"),
        ({"n_threads": 0}, "n_threads 0"),
        ({"class_weight": {5: 1.0}}, "class_weight for 5"),
        ({"sample_weight": np.ones(3)}, "sample_weight has shape"),
        ({"sample_weight": -np.ones(60)}, "weights ≥ 0"),
        ({"early_stopping": 0}, "patience 0"),
        ({"resume": True}, "without a checkpoint"),
        ({"batch_size": np.array(5.0)}, "batch_size array"),
        ({"batch_size": [5]}, "batch_size \\[5\\]"),
        ({"shuffle": "no"}, "shuffle 'no'; expected True or False"),
        ({"shuffle": 1}, "shuffle 1"),
        ({"class_weight": np.ones(2)}, "class_weight array"),
        ({"class_weight": {0: [1, 2]}}, "expected a finite number for each class"),
        ({"callbacks": 3}, "callbacks 3"),
        ({"callbacks": [3]}, "callback 3; expected a function"),
        ({"checkpoint": 3}, "a path of type int"),
        ({"checkpoint": "a\0b"}, "cannot write a"),
        ({"checkpoint": "x", "checkpoint_every": 0}, "checkpoint_every 0"),
    ],
)
def test_wrong_arguments_are_named(options, words):
    with pytest.raises(cp.ClearpropError, match=words):
        classifier().fit(X, y, **options)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: cp.Adam(-1), "learning_rate = -1"),
        (lambda: cp.Adam("fast"), "learning rate 'fast'"),
        (lambda: cp.Adam(beta1=1.0), "beta1 = 1.0"),
        (lambda: cp.SGD(momentum=-0.1), "momentum"),
        (lambda: cp.SGD(clip_norm=0), "clip_norm"),
        (lambda: cp.RMSProp(weight_decay=-1), "weight_decay"),
        (lambda: cp.StepDecay(0.1, every=0), "every"),
        (lambda: cp.ReduceOnPlateau(0.1, factor=2), "factor"),
        (lambda: cp.ReduceOnPlateau(0.1, factor="half"), "factor"),
        (lambda: cp.ReduceOnPlateau(0.1, patience=0), "patience 0"),
        (lambda: cp.Cosine(0.1, final=-1.0), "final = -1.0"),
        (lambda: cp.Cosine(0.1, final=float("nan")), "final = nan"),
        (lambda: cp.SGD(momentum="much"), "momentum = 'much'"),
        (lambda: cp.SGD(nesterov=True), "nesterov=True with momentum 0"),
        (lambda: cp.SGD(momentum=0.9, nesterov="no"), "nesterov = 'no'"),
        (lambda: cp.SGD(momentum=None), "momentum = None"),
        (lambda: cp.Adam(beta1=None), "beta1 = None"),
        (lambda: cp.Adam(clip_norm=10**400), "clip_norm = 1"),
        (lambda: cp.Adam(10**400), "learning_rate = 1"),
        (lambda: classifier().fit(X, y, optimizer=cp.SGD(), learning_rate=0.1), "learning_rate 0.1 beside SGD"),
        (lambda: cp.EarlyStopping(min_delta=-1), "min_delta"),
    ],
)
def test_wrong_hyperparameters_are_named(make, words):
    with pytest.raises(InvalidValueError if "fast" not in words else cp.DTypeError, match=words):
        make()


def test_the_learning_rate_of_an_optimizer_given_by_name():
    rates = classifier().fit(X, y, optimizer="sgd", learning_rate=cp.StepDecay(0.5, 0.1, 1), epochs=2).learning_rate
    np.testing.assert_allclose(rates, [0.5, 0.05])
    assert set(classifier().fit(X, y, learning_rate=0.25, epochs=2).learning_rate) == {0.25}


def test_numpy_scalars_and_a_single_callback_are_accepted():
    seen = []
    options = {"epochs": np.int64(1), "batch_size": np.array(8), "shuffle": np.True_, "validation": np.float32(0.25)}
    history = classifier().fit(X, y, callbacks=seen.append, **options)
    assert [event.number for event in seen] == [1]
    assert history.loss == classifier().fit(X, y, epochs=1, batch_size=8, validation=0.25).loss


def test_numpy_numbers_are_numbers():
    assert cp.Adam(np.float32(0.5), clip_norm=np.float32(1.0)).schedule.learning_rate == 0.5


def test_a_parameter_may_have_any_latin_letter():
    """The optimizer's own numbers have names that no layer can give: c₁ is not c1."""

    class Scaled:
        def build(self, x, scope):
            c = scope.parameter("c", (x.shape[-1],), cp.Constant(1.0))
            return x * cp.broadcast(c, x.shape, [1])

    net = cp.Network(2, [cp.Dense(3, "tanh"), Scaled(), cp.Dense(1)], "squared_error")
    net.fit([[0.0, 1.0], [1.0, 0.0]], [1.0, 0.0], optimizer="adam", epochs=1)
    assert (net.parameters["c1"] != 1).all()
