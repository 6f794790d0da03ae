"""File to arrays; knows nothing of networks. Named here is what people read tables with themselves."""

from clearprop.table.demo import load_demo
from clearprop.table.read import read_batches, read_table

__all__ = ["load_demo", "read_batches", "read_table"]
