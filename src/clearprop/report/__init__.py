"""The report: a training run as one web page, to be read by people."""

from clearprop.report.page import report_of

__all__ = ["report_of"]
