"""Networks as ONNX: each op by ONNX's own name where it has one, else in primitives."""

from clearprop.interop.onnx.writing import OnnxGraph

__all__ = ["OnnxGraph"]
