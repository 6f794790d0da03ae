"""PyTorch source: executed, it has the loss, the gradients and the step of the network."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clearprop as cp
from networks_to_write import random_case
from sources import executed

pytestmark = pytest.mark.peers


@given(st.integers(0, 2**31))
def test_any_network_has_the_same_loss_and_gradients(seed):
    case = random_case(seed, own=False, tables=False)
    net, X, y = case.net, case.X, case.y
    file, printed = executed(net.to_torch_source(X, y))
    trace = net.trace(X, y)
    assert printed == [pytest.approx(trace.loss, rel=1e-9, abs=1e-12)]
    module = file["net"]
    np.testing.assert_allclose(module(file["X"]).detach().numpy(), net.predict(X), rtol=1e-8, atol=1e-10)
    if not trace.learned:
        return
    file["loss"](file["X"], file["y"]).backward()
    linear = [m for m in module if type(m).__name__ == "Linear"]
    for layer, one in enumerate(linear, 1):
        for mine, theirs in ((f"dW{layer}", one.weight), (f"db{layer}", one.bias)):
            if theirs is not None and theirs.grad is not None:
                slope = theirs.grad.numpy()
                wanted = trace[mine].T if mine.startswith("dW") else trace[mine]
                np.testing.assert_allclose(slope, wanted, rtol=1e-8, atol=1e-10)


def test_a_step_of_sgd_is_the_step_of_the_network():
    layers = [cp.Dense(3, "tanh"), cp.Dense(2, "softmax")]
    net = cp.Network(2, layers, "cross_entropy", dtype="float64", l2=0.1)
    X, y = np.array([[0.5, -1.0], [2.0, 0.25]]), [1, 0]
    _, printed = executed(net.to_torch_source(X, y, learning_rate=0.3))
    assert printed == [pytest.approx(net.step(X, y, 0.3).loss), pytest.approx(net.trace(X, y).loss)]
