"""Prediction of one row and of 100,000 rows by a 64-128-128-2 network, float32: clearprop, ONNX Runtime, PyTorch,
scikit-learn.

    python benchmarks/prediction.py [--quick]
"""

from __future__ import annotations

import sys

import numpy as np
from timing import Contestant, interleaved, machine, table

import peers

SIZES, ROWS = [64, 128, 128, 2], 100_000
CHUNKS = (256, 1024, 4096, 16384, ROWS)


def onnx_sessions(net):
    """ONNX Runtime sessions of the same network with 1 and with 2 threads."""
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    nodes, weights, last = [], [], "X"
    for k in range(1, len(SIZES)):
        weights += [numpy_helper.from_array(np.asarray(net.parameters[f"{n}{k}"]), f"{n}{k}") for n in "Wb"]
        nodes.append(helper.make_node("Gemm", [last, f"W{k}", f"b{k}"], [f"z{k}"]))
        act = "Relu" if k < len(SIZES) - 1 else "Softmax"
        nodes.append(helper.make_node(act, [f"z{k}"], [f"a{k}"]))
        last = f"a{k}"
    ends = [
        helper.make_tensor_value_info(n, TensorProto.FLOAT, [None, s]) for n, s in (("X", SIZES[0]), (last, SIZES[-1]))
    ]
    graph = helper.make_graph(nodes, "network", ends[:1], ends[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    sessions = {}
    for threads in (1, 2):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        sessions[threads] = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
    return sessions


def in_chunks(f, X, size):
    """f over the rows in chunks."""
    return np.concatenate([f(X[i : i + size]) for i in range(0, len(X), size)])


def predictors(net):
    """name → function of rows."""
    found = {"clearprop": net.predict}
    try:
        for threads, session in onnx_sessions(net).items():
            found[f"ONNX Runtime, {threads} thread{'s' * (threads > 1)}"] = lambda X, s=session: s.run(None, {"X": X})[
                0
            ]
    except ImportError as error:
        print(f"without ONNX Runtime: {error}")
    try:
        import torch

        layers = []
        for k in range(1, len(SIZES)):
            linear = torch.nn.Linear(SIZES[k - 1], SIZES[k])
            linear.weight.data = torch.tensor(np.array(net.parameters[f"W{k}"]).T.copy())
            linear.bias.data = torch.tensor(np.array(net.parameters[f"b{k}"]))
            layers += [linear, torch.nn.ReLU()]
        model = torch.nn.Sequential(*layers[:-1], torch.nn.Softmax(1))

        def by_torch(X):
            with torch.inference_mode():
                return model(torch.from_numpy(X)).numpy()

        found["PyTorch"] = by_torch
    except ImportError as error:
        print(f"without PyTorch: {error}")
    return found


def sklearn_predictor(X, y):
    """scikit-learn's MLP of the same shape (other weights)."""
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(tuple(SIZES[1:-1])).partial_fit(X[:512], y[:512], classes=np.arange(SIZES[-1]))
    return model.predict_proba


def report(quick=False) -> str:
    """Markdown: both tables."""
    seconds = 3.0 if quick else 10.0
    net, (X, y) = peers.network(SIZES), peers.data(SIZES, ROWS)
    found, one = predictors(net), X[:1].copy()
    for name, f in found.items():
        np.testing.assert_allclose(f(X[:300]), net.predict(X[:300]), atol=1e-5, err_msg=name)
    found["scikit-learn"] = sklearn_predictor(X, y)
    single = interleaved({n: Contestant(lambda f=f: f(one)) for n, f in found.items()}, seconds)
    many = {}
    for name, f in found.items():
        if name.startswith("ONNX"):
            many |= {f"{name}, chunks of {c}": Contestant(lambda f=f, c=c: in_chunks(f, X, c)) for c in CHUNKS}
        else:
            many[name] = Contestant(lambda f=f: f(X))
    whole = interleaved(many, seconds)
    best = min((n for n in whole if n.startswith("ONNX")), key=lambda n: whole[n].median, default=None)
    shown = [n for n in whole if not n.startswith("ONNX") or n == best]
    parts = [table([["one row", "time"], *([n, str(t)] for n, t in single.items())])]
    parts.append(table([["100,000 rows", "time"], *([n, str(whole[n])] for n in shown)]))
    if best:
        ratio = whole[best].median / whole["clearprop"].median
        parts.append(
            f"ONNX Runtime at its best takes {ratio:.2f} times as long as clearprop for 100,000 rows (asked ≥ 1.5)."
        )
    return "\n\n".join(parts)


if __name__ == "__main__":
    print(machine(), "\n")
    print(report("--quick" in sys.argv))
