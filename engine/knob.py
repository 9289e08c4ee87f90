"""A knob: a field of a frozen Settings dataclass, declared once with its range, unit and help.

From the declaration come the slider in the window, the flag on the command line, the key in a recipe,
the axis of a sweep and the line in the docs.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import math
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal, Self, get_args, get_origin, get_type_hints

Effect = Literal["live", "rebuild", "restart"]
"""What a change needs: nothing, an untrained network built anew, or a new training run."""


class KnobError(ValueError):
    """A value that its knob does not allow; the message names knob, value, range and remedy."""


@dataclass(frozen=True)
class Knob:
    """The declaration of one setting. `low`, `high` and `step` are in `unit`."""

    name: str
    default: Any
    kind: type
    low: float | None = None
    high: float | None = None
    step: float | None = None
    unit: str = ""
    help: str = ""
    choices: tuple[Any, ...] = ()
    log: bool = False
    effect: Effect = "live"
    hidden: bool = False
    file: bool = False
    label: str = ""
    warn_above: float | None = None
    warning: str = ""

    def check(self, value: Any) -> Any:
        """The value, cast to the knob's type; KnobError when it is not allowed."""
        label = self.name.replace("_", " ")
        if self.choices and self.low is None:
            if value not in self.choices:
                allowed = ", ".join(str(choice) for choice in self.choices)
                raise KnobError(f"{label} cannot be {value!r}; choose one of: {allowed}")
            return value
        if self.kind is bool:
            if not isinstance(value, bool):
                raise KnobError(f"{label} is a switch: give true or false, not {value!r}")
            return value
        if self.kind in (int, float):
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise KnobError(f"{label} must be a finite number, not {value!r}")
            if self.kind is int and value != int(value):
                raise KnobError(f"{label} must be a whole number, not {value!r}")
            if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
                raise KnobError(f"{label} is {value:g} {self.unit}".rstrip() + f"; its range is {self.range()}")
            return self.kind(value)
        if self.kind is str and not isinstance(value, str):
            raise KnobError(f"{label} must be text, not {value!r}")
        if get_origin(self.kind) is tuple and not _holds(value, self.kind):
            raise KnobError(f"{label} must be a list of finite numbers, or of such lists, not {value!r}"[:200])
        return value

    def range(self) -> str:
        low = "-inf" if self.low is None else f"{self.low:g}"
        high = "inf" if self.high is None else f"{self.high:g}"
        return f"{low} to {high} {self.unit}".rstrip()


def knob(
    default: Any,
    low: float | None = None,
    high: float | None = None,
    *,
    step: float | None = None,
    unit: str = "",
    help: str = "",  # noqa: A002 - the word every settings system uses
    choices: tuple[Any, ...] = (),
    log: bool = False,
    effect: Effect = "live",
    hidden: bool = False,
    file: bool = False,
    label: str = "",
    warn_above: float | None = None,
    warning: str = "",
) -> Any:
    """A dataclass field that carries its Knob declaration. `hidden` knobs are set by mouse, not by a form.

    A form shows `warning` while the value lies above `warn_above`. `choices` beside a range are those that a form
    offers; other values of the range are allowed.
    """
    declared = dict(low=low, high=high, step=step, unit=unit, help=help, choices=choices, log=log)
    declared.update(effect=effect, hidden=hidden, file=file, label=label)
    declared.update(warn_above=warn_above, warning=warning)
    return dataclasses.field(default=default, metadata={"knob": declared})


@dataclass(frozen=True)
class Settings:
    """Base of all settings: frozen, hashable, checked when made."""

    def __post_init__(self) -> None:
        for each in knobs(type(self)):
            object.__setattr__(self, each.name, each.check(getattr(self, each.name)))

    def but(self, **changes: Any) -> Self:
        """A copy with some knobs changed."""
        return dataclasses.replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for TOML or JSON, in the order of declaration."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Settings from a recipe's table. An unknown key raises KnobError with the nearest known one."""
        known = {field.name for field in dataclasses.fields(cls)}
        for key in values:
            if key not in known:
                near = difflib.get_close_matches(key, known, 1)
                hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(known))}"
                raise KnobError(f"there is no setting {key!r}; {hint}")
        return cls(**{key: _frozen(value) for key, value in values.items()})


def knobs(settings: type[Settings]) -> tuple[Knob, ...]:
    """The knobs of a Settings class, in the order of declaration."""
    kind: Any = settings  # mypy takes the hash of its instances for that of the class
    return _declared(kind)


@functools.cache
def _declared(settings: Any) -> tuple[Knob, ...]:
    # Every Settings that is made asks for them, and resolving the annotations takes 0.2 ms.
    hints = get_type_hints(settings)
    return tuple(
        Knob(field.name, field.default, hints[field.name], **field.metadata["knob"])
        for field in dataclasses.fields(settings)
        if "knob" in field.metadata
    )


def _holds(value: Any, kind: Any) -> bool:
    """Whether a value is a tuple of the kind declared: tuple[float, ...], or with so many in each."""
    if get_origin(kind) is not tuple:
        return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    inner = get_args(kind)
    if not isinstance(value, tuple) or (inner[-1] is not Ellipsis and len(value) != len(inner)):
        return False
    return all(_holds(each, inner[0]) for each in value)


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list | tuple) else value
