"""Targets that are numbers: to standard units, by their logarithms where they span decades, and back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clearprop.errors import InvalidValueError, TableError
from clearprop.messages import Message
from clearprop.table.conformal import Residuals, checked_coverage
from clearprop.table.date_text import as_microseconds, checked_form
from clearprop.table.marks import MISSING_MARKS
from clearprop.table.numbers import WORTH_A_LOG_OF_TARGET, find_log_unit, log_formula, signed_exp, signed_log
from clearprop.table.plain import Positive, record
from clearprop.table.values import TOO_CLOSE, Numbers, Series, as_numbers, mean_and_std, too_close
from clearprop.table.written import NumberFormat

_MICROSECONDS_A_DAY = 86.4e9
MOST_ZEROS = 0.05  # of a target that is learned by its logarithm: many are a class of their own, and no small number
_FIRST_DAY, _ALL_DAYS = datetime(1970, 1, 1), (-700_000, 2_900_000)  # of which Python has dates
_LEAST_SMEAR, _MOST_SMEAR = 0.1, 100.0


@dataclass(frozen=True)
class NumberTarget:
    """A number, standardised: t = (y − mean)/std, or (log(1 + y/unit) − mean)/std where it spans decades."""

    name: str  # of the column
    mean: float  # of the training rows; where logarithms are learned, of these
    std: Positive  # likewise
    text: NumberFormat | None = None  # how it is written, if it is hidden in text
    log_unit: Positive | None = None  # of the logarithm; None where there is none
    average: float = 0.0  # mean of the training rows in the target's own unit, where logarithms are learned
    spread: Positive = 1.0  # their standard deviation
    # What predictions of logarithms are multiplied by, so that they are means: exp of a mean logarithm is a median.
    smear: Positive = 1.0
    lowest: float | None = None  # no prediction is lower; None for a target that may be negative
    highest: float | None = None  # no prediction is higher; None where there is no bound
    # How text is read as dates, whose days since 1970-01-01 are learned; "" for a column of dates, None for numbers.
    dates: str | None = None
    whole_days: bool = False  # whether the dates have no time of day
    missing: tuple[str, ...] = ()  # texts that stand for a missing value
    residuals: Residuals | None = field(default=None, repr=False)  # of held-out rows; None where there were none
    quantile: float | None = None  # τ: that quantile is answered, and not the mean; None for the mean
    constant: float = 0.0  # the τ-quantile of the training rows in the target's own unit: the baseline
    shift: float | None = None  # of the outputs, which have it in them: so that τ of the held-out rows lie below

    task = "regression"

    @classmethod
    def fit(cls, series: Series, text: NumberFormat | None = None, dates: str | None = None) -> NumberTarget:
        """Of a column without missing values: plain, and never negative in predictions if it never is here."""
        values = _values(series, text, dates)
        values = values[~np.isnan(values)]
        if not len(values):
            raise TableError(f"target {series.name!r} is missing in every row", "a target in some rows")
        mean, std = mean_and_std(values)
        if not std > 0:
            how = str(TOO_CLOSE) if too_close(series) else "the same in every row"
            raise TableError(f"target {series.name!r} is {how}", "a target that varies")
        if dates is not None:
            return cls(series.name, mean, std, dates=dates, whole_days=not (values % 1).any())
        return cls(series.name, mean, std, text, lowest=0.0 if values.min() >= 0 else None)

    @classmethod
    def from_dict(cls, data: Any) -> NumberTarget:
        """From its fields; see `record`."""
        found = record(cls, {"missing": list(MISSING_MARKS), **data})
        low, high = found.lowest, found.highest
        if found.log_unit is not None and (found.average <= 0 or low is None or high is None or not 0 <= low < high):
            raise ValueError("bounds that no logarithm has")
        if not _LEAST_SMEAR <= found.smear <= _MOST_SMEAR:
            raise ValueError("a factor that no logarithm has")
        if found.dates:
            checked_form(found.dates)
        if found.quantile is not None and not 0 < found.quantile < 1:
            raise ValueError("a quantile that is none")
        return found

    @property
    def holds_numbers(self) -> bool:
        """Whether the column holds plain numbers, and not dates or text that reads as numbers."""
        return self.text is None and self.dates is None

    def encode(self, series: Series) -> Numbers:
        """Numbers of mean 0 and std 1 on the training rows, (N,).

        Raises:
            TableError: for a missing value, text, or a number that is infinite or larger than 1e150.
        """
        values = _values(series, self.text, self.dates)
        if np.isnan(values).any():
            raise TableError(f"target {self.name!r} is missing", "a number", row=int(np.argmax(np.isnan(values))))
        return self.code(values)

    def code(self, values: Numbers) -> Numbers:
        """The same of plain numbers (N,)."""
        return ((values if self.log_unit is None else signed_log(values, self.log_unit)) - self.mean) / self.std

    def without_log(self) -> NumberTarget:
        """The same target, learned as it is."""
        mean, std = self.usual
        plain = replace(self, mean=mean, std=std, log_unit=None, average=0.0, spread=1.0, smear=1.0)
        return replace(plain, lowest=0.0, highest=None)

    def fitted_to(self, series: Series, logs: bool = False) -> NumberTarget:
        """The same target with mean 0 and standard deviation 1 on these rows.

        Args:
            series: the training rows.
            logs: whether to take logarithms if the target is never negative, hardly ever 0, and spans decades.
        """
        values = _values(series, self.text, self.dates)
        mean, std = mean_and_std(values)
        if not std > 0:
            how = f"{TOO_CLOSE}, in the training rows" if too_close(series) else "the same in every training row"
            raise TableError(f"target {self.name!r} is {how}", "a target that varies")
        may = logs and self.lowest is not None and np.mean(values == 0) <= MOST_ZEROS
        unit = find_log_unit(values, WORTH_A_LOG_OF_TARGET) if may else None
        if unit is None:
            return replace(self, mean=mean, std=std)
        logs_mean, logs_std = mean_and_std(signed_log(values, unit))
        found = replace(self, mean=logs_mean, std=logs_std, log_unit=unit, average=mean, spread=std)
        return replace(found, lowest=float(values.min()), highest=float(values.max()))

    def of_quantile(self, tau: float, y: NDArray[Any], weights: NDArray[Any] | None = None) -> NumberTarget:
        """The same target, of which the τ-quantile is answered, with that of the training rows as the baseline.

        Args:
            tau: τ in (0, 1).
            y: coded targets of the training rows (N,).
            weights: of the rows (N,), or None.
        """
        constant = np.quantile(y, tau, weights=weights, method="inverted_cdf")
        return replace(self, quantile=tau, constant=float(self.decode(constant)))

    def losses(self, truth: NDArray[Any], answers: NDArray[Any]) -> Numbers:
        """How far off answers (N,) are: the squared error d², d = y − a; of a τ-quantile max(τd, (τ − 1)d).

        Source: Koenker & Bassett, Regression Quantiles, Econometrica 1978, for the latter, the pinball loss.
        """
        d = np.asarray(truth, np.float64) - answers
        return np.asarray(d**2) if self.quantile is None else np.maximum(self.quantile * d, (self.quantile - 1) * d)

    def smeared(self, y: NDArray[Any], outputs: NDArray[Any]) -> NumberTarget:
        """The same target with the factor that makes a mean of a median, found on rows that the network did not see.

        It is the mean of exp(log y − log ŷ) (Duan's smearing); 1 where no logarithms are learned, or a quantile is:
        that of the logarithm is the logarithm of it.

        Args:
            y: coded targets (N,).
            outputs: of the network (N,).
        """
        if self.log_unit is None or self.quantile is not None:
            return self
        with np.errstate(over="ignore"):
            factor = float(np.mean(np.exp(self.std * (np.asarray(y, np.float64) - outputs))))
        return replace(self, smear=float(np.clip(factor, _LEAST_SMEAR, _MOST_SMEAR)))

    def calibrated(self, y: NDArray[Any], outputs: NDArray[Any], weights: NDArray[Any] | None = None) -> NumberTarget:
        """The same target with the residuals of rows that the network did not see, from which intervals are made.

        Args:
            y: coded targets (N,).
            outputs: of the network (N,).
            weights: of the rows (N,), or None.
        """
        return self if self.quantile is not None else replace(self, residuals=Residuals.of(y, outputs, weights))

    def bounds(self, outputs: NDArray[Any], coverage: float = 0.9) -> Numbers:
        """Lower and upper end (N, 2) of the conformal interval of each output (N,); see `Residuals`.

        They are a ± q·s(a), decoded: where logarithms are learned, a factor to each side and not a distance. An end is
        infinite where the held-out rows are too few for this coverage, and 0 at least where no number may be negative.

        Raises:
            InvalidValueError: for a coverage outside 0 … 1, or a model of a quantile, or without held-out rows.
        """
        checked_coverage(coverage)
        if self.quantile is not None:
            raise InvalidValueError(
                f"intervals of a model of the {self.quantile:g} quantile",
                "a model of means",
                "or train two quantiles, such as 0.05 and 0.95: 90% of the rows lie between them",
            )
        if self.residuals is None:
            raise InvalidValueError(
                "intervals of a model that kept no residuals of held-out rows",
                "a model trained with members or validation rows",
            )
        half = self.residuals.half_widths(outputs, coverage)
        with np.errstate(over="ignore"):
            ends = self.decode(np.stack([outputs - half, outputs + half], axis=1))
        return ends if self.lowest is None else np.maximum(ends, 0.0)

    def covers(self, y: NDArray[Any], outputs: NDArray[Any], coverage: float) -> NDArray[np.bool_]:
        """Whether the interval of each output (N,) holds the coded target (N,)."""
        low, high = self.bounds(outputs, coverage).T
        truth = self.decode(y)
        return np.asarray((low <= truth) & (truth <= high))

    def decode(self, coded: NDArray[Any]) -> Numbers:
        """The inverse of `encode`: numbers in their own unit."""
        values = np.asarray(coded, np.float64) * self.std + self.mean
        return values if self.log_unit is None else signed_exp(values, self.log_unit)

    @property
    def largest_log(self) -> float:
        """The largest logarithm that is answered: beyond it, exp could overflow."""
        assert self.highest is not None
        assert self.log_unit is not None
        return float(np.log1p(self.highest / self.log_unit) - np.log(_LEAST_SMEAR))

    def predictions(self, outputs: NDArray[Any]) -> Numbers:
        """The numbers that outputs of the network (N,) stand for, within `lowest` and `highest`."""
        if self.log_unit is not None and self.highest is not None:
            logs = np.clip(np.asarray(outputs, np.float64) * self.std + self.mean, 0, self.largest_log)
            values = self.log_unit * (np.exp(logs) * self.smear - 1)
        else:
            values = self.decode(outputs)
        return values if self.lowest is None else np.clip(values, self.lowest, self.highest)

    def answers(self, outputs: NDArray[Any]) -> list[date] | Numbers:
        """Predictions as they stood in the training table: numbers, or dates."""
        found = self.predictions(outputs)
        return found if self.dates is None else list(map(self.as_date, found))

    def as_date(self, days: float) -> date:
        """A day since 1970-01-01 as a date, with its time of day if the target has one."""
        days = float(np.clip(days, *_ALL_DAYS))
        found = _FIRST_DAY + timedelta(days=round(days) if self.whole_days else days)
        return found.date() if self.whole_days else found.replace(microsecond=0)

    def compared(self, y: NDArray[Any], outputs: NDArray[Any]) -> tuple[Numbers, Numbers, float]:
        """Truth and predictions on one scale, on which the mean of the training rows is 0, and what its 1 is.

        Args:
            y: coded targets (N,).
            outputs: of the network (N,).
        """
        if self.log_unit is not None:
            return self.decode(y) / self.average - 1, self.predictions(outputs) / self.average - 1, self.average
        y, outputs = np.asarray(y, np.float64), np.asarray(outputs, np.float64)
        if self.lowest is not None:
            outputs = np.maximum(outputs, (self.lowest - self.mean) / self.std)
        return y, outputs, self.std

    @property
    def baseline(self) -> float:
        """What is answered without a look at any column, on the scale of `compared`: the mean, or the quantile."""
        mean, _ = self.usual
        return 0.0 if self.quantile is None else (self.constant - mean) / (self.std if self.log_unit is None else mean)

    def slope(self, outputs: NDArray[Any]) -> Numbers:
        """How much a prediction changes, in the target's unit, for each 1 of the network's output, (N,)."""
        outputs = np.asarray(outputs, np.float64)
        if self.log_unit is None:
            return np.full(len(outputs), self.std)
        return self.std * (self.predictions(outputs) + self.log_unit)

    @property
    def usual(self) -> tuple[float, float]:
        """Mean and standard deviation of the training rows in the target's own unit."""
        return (self.mean, self.std) if self.log_unit is None else (self.average, self.spread)

    @property
    def formula(self) -> str:
        """What the network works with, as a formula in y."""
        y = "y" if self.log_unit is None else log_formula(self.log_unit, "y")
        return f"({y} {'−' if self.mean >= 0 else '+'} {abs(self.mean):.6g}) / {self.std:.6g}"

    def describe(self) -> list[Message]:
        """What was done beside standardising, each in a few words."""
        return [*self._of_quantile(), *self._of_numbers()]

    def _of_quantile(self) -> list[Message]:
        if self.quantile is None:
            return []
        told = Message("table.target.quantile", tau=f"{100 * self.quantile:.6g}")
        if self.shift is None:
            return [told, Message("table.target.not_shifted")]
        if self.log_unit is None:
            return [told, Message("table.target.shifted", by=self.shift * self.std)]
        return [told, Message("table.target.shifted_by_factor", factor=float(np.exp(self.shift * self.std)))]

    def _of_numbers(self) -> list[Message]:
        if self.dates is not None:
            return [Message("table.target.dates_in_text" if self.dates else "table.target.dates", form=self.dates)]
        if self.log_unit is None:
            return [Message("table.target.never_negative")] * (self.lowest is not None)
        return [
            Message("table.target.logarithm", formula=log_formula(self.log_unit, "y")),
            *[Message("table.target.smeared", factor=self.smear)] * (f"{self.smear:.4g}" != "1"),
            Message("table.target.within", low=self.lowest, high=self.highest),
        ]


def _values(series: Series, text: NumberFormat | None, dates: str | None) -> Numbers:
    """The numbers of a column (N,), NaN where missing; of dates, days since 1970-01-01."""
    if dates is not None:
        return as_microseconds(series, dates or None) / _MICROSECONDS_A_DAY
    return as_numbers(series, text.parse if text else None, "numbers, for regression")
