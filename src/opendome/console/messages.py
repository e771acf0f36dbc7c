"""What a browser may ask for: each message checked for its fields and their bounds before anything is done with it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from opendome.base.errors import CommandError
from opendome.study.inject import InjectKind
from opendome.study.orders import Authority, Weapons

__all__ = [
    "MAX_BYTES",
    "ClockMessage",
    "Hello",
    "InjectMessage",
    "Message",
    "OrderMessage",
    "number_of",
    "read_hello",
    "read_message",
]

MAX_BYTES = 4096

Track = Annotated[int, Field(ge=1, le=10_000_000)]
Unit = Annotated[int, Field(ge=0, le=10_000)]
Rounds = Annotated[int, Field(ge=1, le=100)]
Name = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.-]*$")]
Word = Annotated[str, Field(max_length=100)]


class _Message(BaseModel):
    """``id``: number by which the browser knows the answer."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
    id: int = Field(0, ge=0, le=2**53)


class DecideTrack(_Message):
    """Fire at a track as proposed, let it fall, or take an approval back."""

    do: Literal["approve", "hold", "cease"]
    track: Track


class Assign(_Message):
    """Fire at a track with a battery of one's own choice."""

    do: Literal["assign"]
    track: Track
    unit: Unit
    n_rounds: Rounds = 1


class SetAuthority(_Message):
    """Who decides from now on."""

    do: Literal["authority"]
    level: Authority


class SetWeapons(_Message):
    """What may be shot at from now on."""

    do: Literal["weapons"]
    level: Weapons


class SetSalvo(_Message):
    """Most rounds of an engagement."""

    do: Literal["salvo"]
    n_rounds: Annotated[int, Field(ge=1, le=4)]


class SetReserve(_Message):
    """Share of the rounds that is kept back."""

    do: Literal["reserve"]
    share: Annotated[float, Field(ge=0, le=0.95)]


class PlaceAlert(_Message):
    """Alert an area by hand."""

    do: Literal["alert"]
    area: Annotated[int, Field(ge=0, le=100_000)]


class SetAlertRule(_Message):
    """Let the rule alert, or not."""

    do: Literal["alert_rule"]
    on: bool


class Acknowledge(_Message):
    """An alarm has been seen."""

    do: Literal["acknowledge"]
    n: Annotated[int, Field(ge=0, le=2**53)]


class Select(_Message):
    """A track has been picked; only coaching takes notice."""

    do: Literal["select"]
    track: Track


class Pause(_Message):
    """Stop the clock, start it, skip what is quiet, or end live play."""

    do: Literal["pause", "resume", "skip", "finish"]


class SetRate(_Message):
    """Pace of the clock."""

    do: Literal["rate"]
    value: Annotated[float, Field(ge=0.25, le=32)]


class Back(_Message):
    """Go back by so much."""

    do: Literal["back"]
    seconds: Annotated[float, Field(gt=0, le=1e7)] = 30.0


class Rewind(_Message):
    """Go back to a time."""

    do: Literal["rewind"]
    t_s: Annotated[float, Field(ge=0, le=1e10)]


class Keep(_Message):
    """Write the exercise into a file."""

    do: Literal["save", "branch"]
    name: Name


class Start(_Message):
    """Another exercise in place of this one; ``replication`` chooses another raid than the exercise's own."""

    do: Literal["start"]
    file: Annotated[str, Field(min_length=1, max_length=100)]
    replication: Annotated[int, Field(ge=0, le=1_000_000)] | None = None


class PutInject(_Message):
    """Let something happen; without `t_s`, now."""

    do: Literal["inject"]
    kind: InjectKind
    t_s: Annotated[float, Field(ge=0, le=1e10)] | None = None
    what: Word
    minutes: Annotated[float, Field(gt=0, le=100_000)] = 10.0
    toward: Word = ""
    threat_class: Word = ""
    count: Annotated[int, Field(ge=1, le=200)] = 1


OrderMessage = DecideTrack | Assign | SetAuthority | SetWeapons | SetSalvo | SetReserve | PlaceAlert | SetAlertRule
ClockMessage = Pause | SetRate | Back | Rewind | Keep | Start
InjectMessage = PutInject
Message = OrderMessage | ClockMessage | PutInject | Acknowledge | Select

_MESSAGE: TypeAdapter[Any] = TypeAdapter(Annotated[Message, Field(discriminator="do")])


class _Numbered(BaseModel):
    """A message of which nothing but its number is read."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)
    id: int = Field(0, ge=0, le=2**53)


class Hello(BaseModel):
    """The first message: who this is."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    token: str = Field(min_length=8, max_length=100)


class _Greeting(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    hello: Hello


def read_message(text: str) -> Any:
    """Read a message.

    Raises
    ------
    CommandError    it is none; the message says which field is wrong
    """
    try:
        return _MESSAGE.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"][1:]) or "message"
        raise CommandError(f"{where}: {first['msg']}") from None


def number_of(text: str) -> int:
    """Number by which the browser knows a message that could not be read; 0 where it has none."""
    try:
        return _Numbered.model_validate_json(text).id
    except ValidationError:
        return 0


def read_hello(text: str) -> str:
    """The token of a first message.

    Raises
    ------
    CommandError    it is none
    """
    try:
        return _Greeting.model_validate_json(text).hello.token
    except ValidationError:
        raise CommandError("the first message must be the hello") from None
