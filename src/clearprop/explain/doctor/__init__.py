"""The doctor: what is wrong with a network or its training, how one can see it, and what to change."""

from clearprop.explain.doctor.data import Standardised
from clearprop.explain.doctor.diagnosis import Diagnosis, diagnose
from clearprop.explain.doctor.finding import ILLNESSES, Examination, Finding
from clearprop.explain.doctor.judgement import LEAST_ROWS, Judgement, Measure, Measures, defined

__all__ = [
    "ILLNESSES",
    "LEAST_ROWS",
    "Diagnosis",
    "Examination",
    "Finding",
    "Judgement",
    "Measure",
    "Measures",
    "Standardised",
    "defined",
    "diagnose",
]
