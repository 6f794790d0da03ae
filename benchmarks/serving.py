"""One row a request over HTTP: requests a second and latency at 1, 8 and 64 clients.

    python benchmarks/serving.py

`clearprop serve` with a network 20-64-64-1 and with a model of a table, beside FastAPI on uvicorn with the same network
in ONNX Runtime, where these are installed. Each server is a process of its own, with one thread for its sums; the
clients are one more, each with a connection that it keeps. Servers take turns. With --minutes N one server is kept busy
for so long, and its memory is told.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from timing import machine, table

import clearprop as cp

INPUTS, CLIENTS, SECONDS, ROUNDS = 20, (1, 8, 64), 2.0, 3
ROW = [round(x, 3) for x in np.random.default_rng(0).normal(size=INPUTS).tolist()]


def network() -> cp.Network:
    layers = [cp.Dense(64, "relu"), cp.Dense(64, "relu"), cp.Dense(1, "sigmoid")]
    return cp.Network(INPUTS, layers, loss="binary_cross_entropy", seed=0)


# --- the servers, each of which a process runs


def serve_network(port: int) -> None:
    from clearprop.serve.application import ModelServer

    ModelServer(network(), "network", port).run()


def serve_table(port: int) -> None:
    import polars as pl

    from clearprop.serve.application import ModelServer

    X = np.random.default_rng(0).normal(size=(500, INPUTS))
    frame = pl.DataFrame({f"x{k}": X[:, k] for k in range(INPUTS)}).with_columns(y=pl.Series(X[:, 0] > 0))
    model = cp.TableModel.train(frame, "y", hidden=(64, 64), epochs=2, split="random").model
    ModelServer(model, "table", port).run()


def serve_fastapi(port: int) -> None:
    import fastapi
    import onnxruntime
    import uvicorn

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(onnx_of(network()), options)
    app = fastapi.FastAPI()

    async def predict(rows: list[list[float]]) -> dict[str, Any]:
        (a,) = session.run(None, {"X": np.array(rows, np.float32)})
        return {"predictions": [{"outputs": one} for one in a.tolist()]}

    predict.__annotations__ = {"rows": list[list[float]]}  # FastAPI reads types, not their names
    app.post("/predict")(predict)
    uvicorn.run(app, port=port, log_level="error", access_log=False)


def onnx_of(net: cp.Network) -> bytes:
    """The network as ONNX: Gemm and an activation, layer by layer."""
    from onnx import TensorProto, helper, numpy_helper

    nodes, weights, value = [], [], "X"
    for k, activation in enumerate(("Relu", "Relu", "Sigmoid"), 1):
        named = {f"{letter}{k}": np.asarray(net.parameters[f"{letter}{k}"], np.float32) for letter in "Wb"}
        weights += [numpy_helper.from_array(array, name) for name, array in named.items()]
        nodes.append(helper.make_node("Gemm", [value, *named], [f"z{k}"]))
        nodes.append(helper.make_node(activation, [f"z{k}"], [f"a{k}"]))
        value = f"a{k}"
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", n]) for name, n in (("X", INPUTS), (value, 1))]
    graph = helper.make_graph(nodes, "network", ends[:1], ends[1:], weights)
    found: bytes = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    ).SerializeToString()
    return found


SERVERS: dict[str, tuple[Callable[[int], None], Any, tuple[str, ...]]] = {
    "clearprop serve, network": (serve_network, [ROW], ()),
    "clearprop serve, table": (serve_table, [{f"x{k}": x for k, x in enumerate(ROW)}], ()),
    "FastAPI, ONNX Runtime": (serve_fastapi, [ROW], ("fastapi", "onnxruntime", "onnx")),
}


@contextmanager
def running(name: str, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A process that serves, once it answers."""
    environment = {**os.environ, "CLEARPROP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with tempfile.TemporaryFile() as log:
        command = [sys.executable, __file__, "--serve", name, "--port", str(port)]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            for _ in range(300):
                time.sleep(0.1)
                try:
                    asyncio.run(asked(port, SERVERS[name][1], 1, 0.05))
                    break
                except OSError:
                    if process.poll() is not None:
                        log.seek(0)
                        raise SystemExit(f"{name} ended: {log.read().decode()[-500:]}") from None
            yield process
        finally:
            process.terminate()
            process.wait(10)


# --- the clients


async def asked(port: int, body: Any, clients: int, seconds: float) -> list[float]:
    """The seconds that each answer took, of so many clients that ask one thing after the other."""
    sent = json.dumps(body).encode()
    head = f"POST /predict HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
    message = f"{head}Content-Length: {len(sent)}\r\n\r\n".encode() + sent
    times, end = [], time.perf_counter() + seconds

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (start := time.perf_counter()) < end:
            writer.write(message)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            if not head.startswith(b"http/1.1 200"):
                raise SystemExit(f"an answer that is none: {head[:200]!r}")
            await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
            times.append(time.perf_counter() - start)
        writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    return times


def resident(process: subprocess.Popen[bytes]) -> float:
    """Memory of a process in MB."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def processor_seconds(process: subprocess.Popen[bytes]) -> float:
    """That a process has used so far: what other programs on the machine do changes it less than the clock's."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def compare() -> None:
    print(machine(), "\n")
    there = {}
    for name, (_, _, needs) in SERVERS.items():
        lacking = [package for package in needs if find_spec(package) is None]
        if lacking:
            print(f"{name}: left out, not installed: {', '.join(lacking)}")
        else:
            there[name] = 18700 + len(there)
    times: dict[tuple[str, int], list[float]] = {(name, n): [] for name in there for n in CLIENTS}
    used = dict.fromkeys(times, 0.0)
    for _ in range(ROUNDS):
        for name, port in there.items():
            with running(name, port) as process:
                asyncio.run(asked(port, SERVERS[name][1], 8, 0.3))  # warm
                for n in CLIENTS:
                    before = processor_seconds(process)
                    times[name, n] += asyncio.run(asked(port, SERVERS[name][1], n, SECONDS))
                    used[name, n] += processor_seconds(process) - before
    rows = [
        [
            f"{name}, {n} client{'s' * (n > 1)}",
            f"{len(found) / (ROUNDS * SECONDS):,.0f}",
            *(f"{1e3 * np.percentile(found, share):.2f} ms" for share in (50, 99)),
            f"{1e3 * used[name, n] / len(found):.2f} ms",
        ]
        for (name, n), found in times.items()
    ]
    print(table([["server", "requests a second", "p50", "p99", "processor time a request"], *rows]))


def soak(minutes: float, name: str = "clearprop serve, table") -> None:
    with running(name, 18790) as process:
        for k in range(max(2, int(minutes * 6)) + 1):
            if k:
                asyncio.run(asked(18790, SERVERS[name][1], 8, 10.0))
            print(f"{10 * k:4} s: {resident(process):.1f} MB", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, help="keep one server busy for so long")
    parser.add_argument("--serve", choices=list(SERVERS), help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        SERVERS[given.serve][0](given.port)
    elif given.minutes:
        soak(given.minutes)
    else:
        compare()


if __name__ == "__main__":
    main()
