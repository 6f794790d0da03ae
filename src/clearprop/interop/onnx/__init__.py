"""Networks as ONNX: each op by ONNX's own name where it has one, else in primitives."""

from clearprop.interop.onnx.described import ARCHITECTURE
from clearprop.interop.onnx.network import network_to_onnx, write_network
from clearprop.interop.onnx.writer import write_graph
from clearprop.interop.onnx.writing import OnnxGraph

__all__ = ["ARCHITECTURE", "OnnxGraph", "network_to_onnx", "write_graph", "write_network"]
