"""What leaves a network: source code of other languages, ONNX, PyTorch, Keras."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from numpy.typing import ArrayLike

from clearprop.interop import source
from clearprop.interop.keras_out import keras_model
from clearprop.interop.onnx import network_to_onnx
from clearprop.interop.torch_out import torch_module
from clearprop.network.rounding import measured, require_weights
from clearprop.nn import Architecture
from clearprop.train import Optimizer, Run, resolve_optimizer

if TYPE_CHECKING:
    from clearprop.network.network import Network


class Exports:
    """The methods of `Network` that write it for others."""

    architecture: Architecture
    dtype: str
    _run: Run

    def to_numpy_source(
        self,
        X: ArrayLike | None = None,
        y: ArrayLike | None = None,
        *,
        learning_rate: float | None = None,
        optimizer: str | Optimizer | None = None,
        lang: str = "en",
    ) -> str:
        """The network as one Python file that needs NumPy alone: `forward`, `predict`, `loss`, `gradients`, `step`.

        Each value has a line of its own and the textbook's name; the lines are those of the graph that trains. It is
        the network as it predicts: dropout drops nothing, batch normalisation uses its running means. An op of your
        own is written out by its definition. Parameters and data stand in it with the fewest digits that give them
        back; arrays of more than 2,000 numbers as base64.

        Args:
            X, y: samples and targets, as of `fit`, which the file then has; it prints its loss of them.
            learning_rate: η of one step of gradient descent at the end of the file, which prints the new loss.
            optimizer: by name or as an object: `step` is then a step of it, with the arrays that it keeps, and has its
                learning rate unless one is given. A schedule stays at its first number.
            lang: of its comments, "en" or "zh".

        Raises:
            ClearpropError: if X or y does not fit, or for an op that cannot be written, by its name.

        Example:
            >>> net = cp.Network(2, [cp.Dense(1, "sigmoid", W=[0.5, -0.25], b=0.25)], "bce", dtype="float64")
            >>> file = {}
            >>> exec(net.to_numpy_source([[1.0, 3.0]], [1]), file)
            0.6931471805599453
            >>> file["gradients"](file["X"], file["y"])["W1"].ravel().tolist()
            [-0.5, -1.5]
        """
        content = self._content(X, y, learning_rate if optimizer is None else None, lang)
        if optimizer is not None:
            content = replace(content, optimizer=resolve_optimizer(optimizer, learning_rate))
        return source.numpy_source(content)

    def to_torch_source(
        self,
        X: ArrayLike | None = None,
        y: ArrayLike | None = None,
        *,
        learning_rate: float | None = None,
        lang: str = "en",
    ) -> str:
        """The network as one readable file of PyTorch: an nn.Sequential with the weights of now, and the loss.

        Args:
            X, y, learning_rate, lang: as of `to_numpy_source`; the step is one of torch.optim.SGD.

        Raises:
            ClearpropError: if X or y does not fit, or for a layer, an activation or a loss that PyTorch lacks.

        Example:
            >>> net = cp.Network(2, [cp.Dense(1, "sigmoid", W=[0.5, -0.25], b=0.25)], "bce", dtype="float64")
            >>> print("\\n".join(net.to_torch_source().splitlines()[8:12]))
            net = nn.Sequential(
                nn.Linear(2, 1),
                nn.Sigmoid(),
            )
        """
        return source.torch_source(self._content(X, y, learning_rate, lang))

    def to_torch(self) -> Any:
        """The network as an nn.Sequential of PyTorch with the weights of now, in evaluation; `cp.from_torch` reads it.

        Raises:
            ClearpropError: for a layer or an activation that PyTorch lacks, by its name; without PyTorch.
        """
        return torch_module(self.architecture, self._run.parameters, self.dtype)

    def to_keras(self) -> Any:
        """The network as a keras.Sequential with the weights of now, not compiled; `cp.from_keras` reads it.

        Its loss is not in it: `model.compile(...)` says with what it trains on. Weights of float64 stay so, but Keras
        multiplies matrices and normalises in float32 on most of what computes for it.

        Raises:
            ClearpropError: for a layer or an activation that Keras lacks, by its name; without Keras, or without what
                computes for it.
        """
        return keras_model(self.architecture, self._run.parameters, self.dtype)

    def to_source(
        self,
        X: ArrayLike | None = None,
        y: ArrayLike | None = None,
        *,
        learning_rate: float | None = None,
        lang: str = "en",
    ) -> str:
        """The Python code that makes this network again with clearprop, with the parameters of now.

        Args:
            X, y, learning_rate, lang: as of `to_numpy_source`.

        Raises:
            ClearpropError: if X or y does not fit, or for a function of your own, which code cannot carry.

        Example:
            >>> net = cp.Network(2, [cp.Dense(1, "sigmoid", W=[0.5, -0.25], b=0.25)], "bce", dtype="float64")
            >>> exec(net.to_source([[1.0, 3.0]], [1]), {})
            0.6931471805599453
        """
        return source.clearprop_source(self._content(X, y, learning_rate, lang))

    def to_onnx(self, path: str | os.PathLike[str] | None = None, batch: int | None = None) -> Any:
        """The network as it predicts as an ONNX model, for whatever runs ONNX; it needs `onnx` (clearprop[onnx]).

        The input is X, the output a[L]; parameters and layers' values keep their names: W1, z1, a1. Operators have
        ONNX's names where it has one (opset 20): Gemm, Relu, LayerNormalization. The architecture stands in the
        metadata, "clearprop.architecture", unless a function or a layer of your own is in it.

        Args:
            path: file to write it to, atomically.
            batch: the number of rows, fixed; None leaves it open, as "N".

        Returns:
            The `onnx.ModelProto`, which ONNX's checker has passed.

        Raises:
            MissingDependencyError: without `onnx`.
            FileError: if the file cannot be written.
            InvalidValueError: for an op of your own without a definition, by its name, or for more than 2 GB.

        Example:
            >>> net = cp.Network(2, [cp.Dense(3, "tanh"), cp.Dense(1)])
            >>> [node.op_type for node in net.to_onnx().graph.node]  # doctest: +SKIP
            ['Gemm', 'Tanh', 'Gemm']
        """
        return network_to_onnx(self.architecture, self._run.parameters, self.dtype, path, batch)

    def to_c(
        self, name: str = "network", *, weights: str = "full", X: ArrayLike | None = None, lang: str = "en"
    ) -> str:
        """The network as one file of C99 that needs math.h alone, allocates nothing and keeps no state.

        It has `void {name}_predict(const float *x, float *a)` for one sample and `{name}_predict_batch(x, n, a)` for
        n, in double where the network's dtype is float64. Weights stand in it to the bit; sums run from first to last.

        Args:
            name: what its functions begin with, so that several networks can be linked into one program.
            weights: "full", or "int8": matrices of weights as whole numbers of 8 bits with a scale for each column,
                W[i][j] ≈ q[i][j]·s[j], a quarter of the memory; sums are of float32 as before.
            X: rows on which it is measured what "int8" costs, which the file's head says; 1,000 rows of normal numbers
                for None.
            lang: of its comments, "en" or "zh".

        Raises:
            InvalidValueError: for a name that C does not take, or an op that cannot be written, by its name; for "int8"
                of a network without a matrix of weights; for X without "int8".
            UnknownNameError: for other weights.

        Example:
            >>> net = cp.Network(2, [cp.Dense(1, "sigmoid", W=[0.5, -0.25], b=0.25)], "bce")
            >>> print("\\n".join(net.to_c("gate").splitlines()[12:15]))
            /* Parameters: W[l] has a row for each input and a column for each unit. */
            static const float W1[2][1] = {
                {0.5f},
        """
        require_weights(weights, X)
        codes = measured(cast("Network", self), X, lang) if weights == "int8" else None
        return source.c_source(self.content(lang), name, codes)

    def to_javascript(self, *, lang: str = "en") -> str:
        """The network as one module of JavaScript without dependencies: `export function predict(X)` on rows.

        Args:
            lang: of its comments, "en" or "zh".

        Raises:
            InvalidValueError: for an op that cannot be written, by its name.

        Example:
            >>> net = cp.Network(2, [cp.Dense(1, "sigmoid", W=[0.5, -0.25], b=0.25)], "bce")
            >>> print("\\n".join(net.to_javascript().splitlines()[4:6]))
            export const nInputs = 2;
            export const nOutputs = 1;
        """
        return source.javascript_source(self.content(lang))

    def content(self, lang: str = "en") -> source.Content:
        """What files of source code are made of."""
        return self._content(None, None, None, lang)

    def _content(self, X: Any, y: Any, learning_rate: float | None, lang: str) -> source.Content:
        return source.content_of(self.architecture, self._run.parameters, self.dtype, X, y, learning_rate, lang)
