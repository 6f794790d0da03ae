"""The doctor: what is wrong with a network or its training, how one can see it, and what to change."""

from clearprop.explain.doctor.data import Standardised
from clearprop.explain.doctor.diagnosis import Diagnosis, diagnose
from clearprop.explain.doctor.finding import ILLNESSES, Examination, Finding
from clearprop.explain.doctor.judgement import Judgement, Measure, Measures, defined

__all__ = [
    "ILLNESSES",
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
