"""Settings spec: the facts of each room setting, for API, CLI, form, Lua, Postgres and docs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeVar, cast, get_args

from domain.invalid_value import InvalidValue, Rule

# Draining rejects new entries only; members in line are still admitted.
RoomState = Literal["open", "paused", "draining", "closed"]
ROOM_STATES: tuple[RoomState, ...] = get_args(RoomState)
# The order of the lobby when the room opens: by arrival, or by a draw.
Opening = Literal["first_come", "draw"]
# Who sets the rate: an admin, or the autopilot from the database's latency.
RateMode = Literal["manual", "autopilot"]
Challenge = Literal["off", "on"]

RATE_PER_S_MAX = 100_000.0
BURST_MAX = 100_000
SEATS_MAX = 100_000
SIZE_MAX = 10_000_000
DAY_S = 24 * 3600
GRACE_S_MAX = DAY_S

T = TypeVar("T")
Value = float | int | str
Unit = Literal["", "s", "ms"]
Group = Literal["line", "autopilot", "board", "site"]


@dataclass(frozen=True, slots=True)
class RoomSetting:
    """One setting; its type is the type of its default.

    label, help: for admins; message ids. A number is between `least` (exclusive if `is_above`) and
    `most`, in `unit`; a word is a key of `choices`, which maps it to its label; any other text has
    from `least` to `most` characters. group: its section of the form; "board" settings are in none,
    and a new room has their default. option: its name in the CLI, if shorter.
    """

    name: str
    default: Value
    label: str
    help: str
    least: float = 0
    most: float = 0
    is_above: bool = False
    unit: Unit = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    group: Group = "line"
    option: str = ""

    @property
    def type(self) -> type[float] | type[int] | type[str]:
        return type(self.default)

    @property
    def is_duration(self) -> bool:
        """Whether people write it as a duration: `15 min`."""
        return self.unit == "s" and self.type is int

    @property
    def is_of_new_rooms(self) -> bool:
        """Whether a new room can set it; otherwise a new room has its default."""
        return self.group != "board"

    @property
    def bounds(self) -> str:
        """The bounds in English, for errors and docs."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        if self.type is str:
            return f"from {self.least:,.0f} to {self.most:,.0f} characters"
        unit = f" {self.unit}" if self.unit else ""
        if self.is_above:
            return f"above {self.least:,.0f} and at most {self.most:,.0f}{unit}"
        return f"from {self.least:,.0f} to {self.most:,.0f}{unit}"

    def check(self, value: Value) -> None:
        """Raises InvalidValue if the value is not a choice or out of bounds."""
        if self.choices:
            if value not in self.choices:
                words = ", ".join(self.choices)
                raise InvalidValue(self.name, "choice", choices=words, got=str(value))
        elif isinstance(value, str):
            if not self.least <= len(value) <= self.most:
                raise InvalidValue(self.name, "length", least=int(self.least), most=int(self.most))
        elif not self.least <= float(value) <= self.most or (self.is_above and value == self.least):
            rule: Rule = "above" if self.is_above else "range"
            raise InvalidValue(self.name, rule, least=self.least, most=self.most, got=value)


def setting_field(default: T, **facts: Any) -> T:
    """A field of a class of settings; `facts` are the other arguments of its RoomSetting."""
    made: T = field(default=default, metadata=facts)
    return made


def list_settings(values: type[Any]) -> tuple[RoomSetting, ...]:
    """The settings that a class of setting_field has."""
    return tuple(
        RoomSetting(name=one.name, default=cast(Value, one.default), **one.metadata)
        for one in fields(values)
    )


def check_settings(settings: Iterable[RoomSetting], values: object) -> None:
    """Raises InvalidValue if one of these settings of `values` breaks its bounds."""
    for setting in settings:
        setting.check(getattr(values, setting.name))


@dataclass(frozen=True, slots=True)
class SettingValues:
    """A value for each room setting; RoomSettings validates them.

    To add a setting: a field here, a column by a migration, and the code that reads it. Then run
    docs/update_catalogues.py and docs/update_settings.py.
    """

    rate_per_s: float = setting_field(
        100.0,
        most=RATE_PER_S_MAX,
        is_above=True,
        option="rate",
        label="Admissions per second",
        help="How many members per second the line admits, on average.",
    )
    burst: int = setting_field(
        100,
        least=1,
        most=BURST_MAX,
        label="Burst",
        help=(
            "How many members the line can admit at once, for example after a pause; at least a "
            "quarter of a second of the rate."
        ),
    )
    seats: int = setting_field(
        2_000,
        least=1,
        most=SEATS_MAX,
        label="Seats (in progress at once)",
        help="How many members can be in progress at once: admitted, without an outcome yet.",
    )
    size_max: int = setting_field(
        1_000_000,
        least=1,
        most=SIZE_MAX,
        label="Maximum in line",
        help="How many members can wait before the room is full.",
    )
    state: RoomState = setting_field(
        "open",
        group="board",
        choices={"open": "Open", "paused": "Paused", "draining": "Draining", "closed": "Closed"},
        label="Line state",
        help=(
            "Paused: nobody is admitted. Draining: no new entries. Closed: the line ends for "
            "everyone."
        ),
    )
    lobby_s: int = setting_field(
        900,
        most=7 * DAY_S,
        unit="s",
        label="Lobby before the opening",
        help="How long before the opening the lobby opens; 0: no lobby.",
    )
    opening: Opening = setting_field(
        "first_come",
        choices={"first_come": "First come, first served", "draw": "Draw"},
        label="Lobby order",
        help="The order in which members in the lobby stand in line at the opening.",
    )
    grace_s: int = setting_field(
        300,
        least=2,
        most=GRACE_S_MAX,
        unit="s",
        label="Skip a silent member after",
        help=(
            "A member whose page was closed or offline for this long is skipped when their turn "
            "comes."
        ),
    )
    return_s: int = setting_field(
        600,
        most=DAY_S,
        unit="s",
        label="Skipped members keep their place for",
        help=(
            "A skipped member who returns within this time goes to the front of the line; later, "
            "to the end."
        ),
    )
    restore_s: int = setting_field(
        30,
        most=3600,
        unit="s",
        label="Shortest restore time",
        help="The shortest time that a line which lost its places waits for members to return.",
    )
    rate_mode: RateMode = setting_field(
        "manual",
        group="autopilot",
        choices={"manual": "Manual", "autopilot": "Autopilot"},
        label="Rate control",
        help=(
            "Manual: an admin sets the rate. Autopilot: the rate follows what the database can "
            "take."
        ),
    )
    rate_min_per_s: float = setting_field(
        1.0,
        most=RATE_PER_S_MAX,
        is_above=True,
        group="autopilot",
        option="rate-min",
        label="Minimum admissions per second",
        help=(
            "Autopilot never lowers the rate below this: choose what the database can take on its "
            "worst day."
        ),
    )
    rate_max_per_s: float = setting_field(
        1_000.0,
        most=RATE_PER_S_MAX,
        is_above=True,
        group="autopilot",
        option="rate-max",
        label="Maximum admissions per second",
        help="Autopilot never raises the rate above this.",
    )
    latency_bound_ms: int = setting_field(
        250,
        least=10,
        most=10_000,
        unit="ms",
        group="autopilot",
        label="Transaction latency limit (p95, ms)",
        help="Autopilot lowers the rate when the p95 of the workers’ transactions is above this.",
    )
    challenge: Challenge = setting_field(
        "off",
        choices={"off": "Off", "on": "On"},
        label="Proof of work before entering",
        help=(
            "The browser solves a short calculation before it enters: about a second for one "
            "member, costly for thousands of bots."
        ),
    )


ROOM_SETTINGS = list_settings(SettingValues)
