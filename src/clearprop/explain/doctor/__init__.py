"""The doctor: what is wrong with a network or its training, how one can see it, and what to change."""

from clearprop.explain.doctor.diagnosis import Diagnosis
from clearprop.explain.doctor.examine import diagnose
from clearprop.explain.doctor.finding import ILLNESSES, Examination, Finding
from clearprop.explain.doctor.inputs import Standardised

__all__ = ["ILLNESSES", "Diagnosis", "Examination", "Finding", "Standardised", "diagnose"]
