"""The kinds of value that a setting can have: how each is read, shown and described.

Rule: a value is read whole or refused with a sentence that says what would be right; nothing is clamped or guessed.
"""

from __future__ import annotations

import ipaddress
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from porch.records import dataclass

AUTO = "auto"
OFF = "off"


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of value is read from TOML, a variable or a flag."""

    name: str
    """For people, in the reference: `duration`, `size`, ..."""
    parse: Callable[[object], Any]
    """Raises ValueError with a sentence when the value is not of the kind."""
    show: Callable[[Any], str] = str
    """The canonical spelling, as a person would write it."""
    schema: Mapping[str, Any] = lambda: {}  # type: ignore[assignment]  # replaced by every kind below
    many: bool = False
    """A flag of this kind may be given several times."""
    switch: bool = False
    """A flag of this kind needs no value."""
    form: str = ""
    """How one is typed as a flag, where that is more than a word."""


LONGEST = 10 * 365 * 86400
"""Seconds: ten years; what is longer is a slip, and overruns the counters of the programs it is handed to."""
LARGEST = 2**63 - 1
"""Bytes: what nginx can count."""

_LONGEST_PATH = 4095
_LONGEST_NAME = 255
"""Bytes, of limits.h: NAME_MAX, and PATH_MAX without the end."""

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_SIZES = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}


def _seconds(raw: object) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int | str):
        raise ValueError('a duration is a number of seconds or text such as "30s", "2m", "1h"')  # noqa: TRY004  # one kind of error
    match = re.fullmatch(r"(\d{1,9})\s*([smhd]?)", str(raw).strip())
    if not match:
        raise ValueError(f'"{raw}" is no duration; write seconds, or text such as "30s", "2m", "1h", "30d"')
    seconds = int(match[1]) * _UNITS[match[2]]
    if seconds > LONGEST:
        raise ValueError(f'"{raw}" is longer than ten years')
    return seconds


def show_seconds(value: int) -> str:
    """`90` -> `90s`, `120` -> `2m`."""
    for unit in ("d", "h", "m"):
        if value and value % _UNITS[unit] == 0:
            return f"{value // _UNITS[unit]}{unit}"
    return f"{value}s"


def _size(raw: object) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int | str):
        raise ValueError('a size is a number of bytes or text such as "10M"')  # noqa: TRY004  # as above
    match = re.fullmatch(r"(\d{1,19})\s*([KMG]?)(?:i?B)?", str(raw).strip(), re.IGNORECASE)
    if not match:
        raise ValueError(f'"{raw}" is no size; write bytes, or text such as "512K", "10M", "1G"; 0 is no limit')
    size = int(match[1]) * _SIZES[match[2].upper()]
    if size > LARGEST:
        raise ValueError(f'"{raw}" is more than nginx can count; 0 is no limit')
    return size


def show_size(value: int) -> str:
    """`10485760` -> `10M`."""
    for unit in ("G", "M", "K"):
        if value and value % _SIZES[unit] == 0:
            return f"{value // _SIZES[unit]}{unit}"
    return str(value)


def size_between(low: int, high: int) -> Kind:
    """A size in a range."""

    def parse(raw: object) -> int:
        size = _size(raw)
        if not low <= size <= high:
            raise ValueError(f'"{raw}" is not a size from {show_size(low)} to {show_size(high)}')
        return size

    return Kind("size", parse, show_size, {"type": ["integer", "string"]})


def _rate(raw: object) -> str:
    if raw in ("", "off", 0):
        return ""
    match = re.fullmatch(r"0*([1-9]\d{0,5})\s*/\s*([sm])(?:ec|in)?", str(raw).strip())
    if not match or not isinstance(raw, str):
        raise ValueError(f'"{raw}" is no rate; write requests in a second or a minute, such as "10/s" or "600/m"')
    return f"{match[1]}/{match[2]}"


def _text(raw: object) -> str:
    if not isinstance(raw, str):
        raise ValueError("this must be text")  # noqa: TRY004  # as above
    if not raw.isprintable():
        raise ValueError("this must be one line of printable text")
    if len(raw.encode()) > _LONGEST_PATH or any(len(name.encode()) > _LONGEST_NAME for name in raw.split("/")):
        most = f"at most {_LONGEST_PATH} bytes, and {_LONGEST_NAME} between two slashes"
        raise ValueError(f"this is longer than the name of a file can be: {most}")
    return raw


def _flag(raw: object) -> bool:
    known = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
    found = known.get(str(raw).lower()) if isinstance(raw, bool | int | str) else None
    if found is None:
        raise ValueError(f'"{raw}" is neither true nor false')
    return found


def count(low: int, high: int, *, auto: bool = False) -> Kind:
    """A whole number in a range, or `auto`."""
    words = f"a whole number from {low} to {high}" + (' or "auto"' if auto else "")

    def parse(raw: object) -> int | str:
        if auto and raw == AUTO:
            return AUTO
        if isinstance(raw, bool) or not re.fullmatch(r"\d{1,12}", str(raw)) or not low <= int(str(raw)) <= high:
            raise ValueError(f'"{raw}" is not {words}')
        return int(str(raw))

    number: dict[str, Any] = {"type": "integer", "minimum": low, "maximum": high}
    return Kind("number", parse, schema={"anyOf": [number, {"const": AUTO}]} if auto else number)


def ratio(low: float, high: float) -> Kind:
    """A number with a fraction, in a range."""

    def parse(raw: object) -> float:
        try:
            value = float(raw) if isinstance(raw, str | int | float) and not isinstance(raw, bool) else None
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            raise ValueError(f'"{raw}" is not a number from {low:g} to {high:g}')
        return value

    schema = {"type": "number", "minimum": low, "maximum": high}
    return Kind("number", parse, lambda v: repr(v).removesuffix(".0"), schema)


def choice(*options: str) -> Kind:
    """One of a few words."""

    def parse(raw: object) -> str:
        if raw not in options:
            from porch.errors import suggestion

            raise ValueError(f'"{raw}" is none of {", ".join(options)}' + _tail(suggestion(str(raw).lower(), options)))
        return str(raw)

    return Kind("one of " + ", ".join(f"`{option}`" for option in options), parse, schema={"enum": list(options)})


def _tail(hint: str) -> str:
    return f"; {hint}" if hint else ""


def _words(raw: object) -> tuple[str, ...]:
    if isinstance(raw, str):
        try:
            return tuple(shlex.split(raw))
        except ValueError:
            raise ValueError("a quote is not closed in this command") from None
    if isinstance(raw, Sequence) and all(isinstance(word, str) for word in raw):  # pyright: ignore[reportUnknownVariableType]  # TOML arrays are untyped
        return tuple(map(str, raw))  # pyright: ignore[reportUnknownArgumentType]  # as above
    raise ValueError('a command is a list of words, such as ["python", "manage.py", "migrate"]')


def _list_of(one: Callable[[str], str], what: str) -> Callable[[object], tuple[str, ...]]:
    def parse(raw: object) -> tuple[str, ...]:
        if isinstance(raw, bool) or not isinstance(raw, str | int | list | tuple):
            raise ValueError(f"this must be {what}, or a list of them")  # noqa: TRY004  # as above
        listed = isinstance(raw, list | tuple)
        parts = cast("Sequence[object]", raw) if listed else re.split(r"[\s,]+", str(raw).strip())
        return tuple(dict.fromkeys(one(str(part)) for part in parts if str(part)))

    return parse


def list_of(name: str, one: Callable[[str], str], what: str) -> Kind:
    """Several words of one kind, as a list, or with spaces between; `one` reads each."""
    return Kind(name, _list_of(one, what), " ".join, _LIST, many=True)


def _address(raw: str) -> str:
    if raw.startswith("unix:"):
        if not re.fullmatch(r"/[^\s,]{1,99}", raw[5:]) or not raw.isprintable():
            # Space and comma part several addresses in a variable or flag, so no address can hold one.
            what = "an absolute path of at most 100 characters, without space or comma"
            raise ValueError(f'"{raw}": a unix socket needs {what}')
        return raw
    match = re.fullmatch(r"(?:(?P<host>[^:\[\]]+|\[[0-9A-Fa-f:.]+\]):)?(?P<port>\d{1,5})", raw)
    if not match or not 0 < int(match["port"]) < 65536:
        raise ValueError(f'"{raw}" is no address; write 8080, 127.0.0.1:8080, [::1]:8080 or unix:/path')
    host = (match["host"] or "").strip("[]")
    if host == "localhost":
        host = "127.0.0.1"
    if host == "*":
        host = "0.0.0.0"  # noqa: S104  # it is what the user asked for
    if host:
        try:
            ip = ipaddress.ip_address(host)
        except ValueError:
            raise ValueError(f'"{raw}": "{host}" is no IP address; listen on an address, not on a name') from None
        host = f"[{ip}]" if ip.version == 6 else str(ip)
    return f"{host}:{int(match['port'])}" if host else str(int(match["port"]))


def _addresses_or_off(raw: object) -> tuple[str, ...] | str:
    words = cast("Sequence[object]", raw) if isinstance(raw, list | tuple) else (raw,)
    if len(words) == 1 and words[0] in (AUTO, OFF):
        return str(words[0])
    return ADDRESSES.parse(raw)  # type: ignore[no-any-return]  # of that kind


def _network(raw: str) -> str:
    try:
        network = ipaddress.ip_network(raw)
    except ValueError:
        raise ValueError(f'"{raw}" is no network; write an address or CIDR such as 10.0.0.0/8') from None
    if network.prefixlen == 0:
        raise ValueError(
            f'"{raw}" would let anyone forge the client\'s address; name the networks of your load balancer'
        )
    return str(network)


def _resolver(raw: str) -> str:
    try:
        found = ipaddress.ip_address(raw.strip("[]"))
    except ValueError:
        raise ValueError(f'"{raw}" is no address of a name server, such as 127.0.0.11') from None
    return f"[{found}]" if found.version == 6 else str(found)


def _domain(raw: str) -> str:
    name = raw.lower().rstrip(".")
    label = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
    if not re.fullmatch(rf"(\*\.)?{label}(\.{label})*", name) or len(name) > 253:
        raise ValueError(f'"{raw}" is no domain name; write it as example.org, without scheme, port or path')
    return name


def _prefix(raw: object) -> str:
    text = _text(raw)
    if text in {"", "/"}:
        return ""
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+/?", text) or {".", ".."} & set(text.split("/")):
        raise ValueError(f'"{text}" is no URL prefix; write it as /api')
    return text.rstrip("/")


def _urls(raw: str) -> str:
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+/?", raw) or {".", ".."} & set(raw.split("/")):
        raise ValueError(f'"{raw}" is no URL of the app; write /api/ for all below it, or /login for itself alone')
    return raw


def _route(raw: object) -> str:
    text = _text(raw)
    if text and not re.fullmatch(r"/[A-Za-z0-9._~/-]*", text):
        raise ValueError(f'"{text}" is no path of the app; write it as /healthz')
    return text


def _pairs(raw: object) -> tuple[tuple[str, str], ...]:
    if isinstance(raw, Mapping):
        items = [(str(url), folder) for url, folder in raw.items()]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]  # a TOML table is untyped
    else:
        words = cast("Sequence[object]", raw) if isinstance(raw, list | tuple) else str(raw).split(",")
        items = [tuple(str(word).strip().partition("=")[::2]) for word in words]  # type: ignore[misc]  # always two
    return tuple(_pair(url, folder) for url, folder in items)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]  # as above


def _pair(url: str, folder: object) -> tuple[str, str]:
    if not isinstance(folder, str) or not folder or not folder.isprintable():
        raise ValueError(f'"{url}" needs a folder or file, as in "/static/" = "static"')
    _text(folder)
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+/?", url) or {".", ".."} & set(url.split("/")):
        raise ValueError(f'"{url}" is no URL for static files; write it as /static/, or /favicon.ico for one file')
    return url, folder


_TEXT = {"type": "string"}
_LIST = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}

TEXT = Kind("text", _text, schema=_TEXT)
PATH = Kind("path", _text, schema=_TEXT)
SECONDS = Kind("duration", _seconds, show_seconds, {"type": ["integer", "string"]})
SECONDS_OR_AUTO = Kind(
    "duration",
    lambda raw: AUTO if raw == AUTO else _seconds(raw),
    lambda value: AUTO if value == AUTO else show_seconds(value),
    {"type": ["integer", "string"]},
)
SIZE = Kind("size", _size, show_size, {"type": ["integer", "string"]})
RATE = Kind("rate", _rate, schema=_TEXT)
FLAG = Kind("true or false", _flag, lambda v: "true" if v else "false", {"type": "boolean"}, switch=True)
WORDS = Kind("command", _words, shlex.join, _LIST)
ADDRESSES = Kind(
    "addresses",
    _list_of(_address, "an address"),
    " ".join,
    {"anyOf": [{"type": "integer"}, *_LIST["anyOf"]]},
    many=True,
)
ADDRESSES_OR_OFF = Kind(
    "addresses, or off",
    _addresses_or_off,
    lambda value: value if isinstance(value, str) else " ".join(value),
    {"anyOf": [{"type": "integer"}, *_LIST["anyOf"]]},
    many=True,
)
NETWORKS = Kind("networks", _list_of(_network, "a network"), " ".join, _LIST, many=True)
DOMAINS = Kind("domain names", _list_of(_domain, "a domain name"), " ".join, _LIST, many=True)
NAMES = Kind("addresses", _list_of(_resolver, "an address of a name server"), " ".join, _LIST, many=True)
ROUTE = Kind("path of the app", _route, schema=_TEXT)
URLS = Kind("URLs", _list_of(_urls, "a URL"), " ".join, _LIST, many=True)
PREFIX = Kind("URL prefix", _prefix, schema=_TEXT)
PAIRS = Kind(
    "table of URL = folder",
    _pairs,
    lambda v: ", ".join(f"{url}={folder}" for url, folder in v),
    {"type": "object", "additionalProperties": {"type": "string"}},
    many=True,
    form="URL=FOLDER",
)
