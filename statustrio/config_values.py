"""What one value of providers.yaml may be: functions that give the value back, or say what is wrong with it.

They know neither keys nor places. Messages never quote a value that may come from the environment.
"""

from __future__ import annotations

import base64
import difflib
import ipaddress
import re
import unicodedata
import warnings
from collections.abc import Collection
from datetime import time, timedelta
from urllib.parse import urlsplit

from statustrio.model import Impact

MIN_PACE = 0.05
"""Seconds between two polls of a loopback host: quick enough for tests and demos, and no busy loop."""

MIN_SECONDS = 0.001
MAX_SECONDS = 31 * 86_400
"""A month: what is longer is a mistake in the unit."""

MAX_URL = 8_000
"""Characters; servers take no longer ones."""

MOST = 10_000
"""Of whatever is counted."""

MIN_MIB = 0.001
MAX_MIB = 1024

MOST_COPIES = 1_000
"""Documents of one provider: what explains last year is in the log."""

FEW = 12
"""As many choices as a message can list."""

SPANS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
"""Seconds of the units in which people write a span of time."""
LONGEST_SPAN = timedelta(days=366)
SHORTEST_BEAT = timedelta(minutes=1)
"""The daemon knows how it is no more often than that."""

RESERVED_IDS = frozenset({"all"})
"""`mute all` must mean everything."""

OWN_HEADERS = frozenset(
    {"host", "if-none-match", "if-modified-since", "accept-encoding", "content-length", "transfer-encoding"}
)
"""Headers a request lives on; a second one would break conditional requests or the request itself."""

ID = re.compile(r"[a-z0-9][a-z0-9_-]*")
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
SPAN = re.compile(r"([0-9]{1,6}) ?([smhdw])")
LISTEN = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})")
HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9.])?")


class BadValueError(ValueError):
    """What a rule has to say of a value; the place is added by who knows it."""

    def __init__(self, message: str, *, at_key: bool = False) -> None:
        super().__init__(message)
        self.at_key = at_key


def kind(value: object) -> str:
    """What a value of YAML is called in a message."""
    match value:
        case None:
            return "empty"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "a mapping"


def shown(text: str) -> str:
    """A word of the file as a message quotes it: on one line and not endless."""
    short = text if len(text) <= 60 else f"{text[:59]}…"
    return f"`{short if short.isprintable() else short.encode('unicode_escape').decode()}`"


def suggestion(word: str, choices: Collection[str]) -> str:
    """`, did you mean ...` or nothing."""
    if len(word) > 60:  # difflib is quadratic in the length, and nobody types this by mistake
        return ""
    if len(choices) > 1_000:  # it takes 50 ms for ten thousand ids; a slip rarely hits the first letter
        choices = [choice for choice in choices if choice[:1] == word[:1].lower()]
    near = difflib.get_close_matches(word.lower(), choices, n=1)
    return f", did you mean `{near[0]}`?" if near else ""


def slug(name: str) -> str:
    """`name` as an id: lower-case ASCII words joined by `-`; empty if there is nothing to make one of."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def url_key(url: str) -> str:
    """A URL without what makes no difference to people: scheme, case of the host, fragment, slash at the end."""
    _, _, rest = url.partition("://")
    host, slash, path = rest.partition("#")[0].partition("/")
    return (host.rpartition("@")[2].lower() + slash + path).rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether `host`, a name or an address, can only be this machine."""
    host = host.lower().rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def check_text(value: object) -> str:
    if not isinstance(value, str):
        hint = "; write it in quotes" if isinstance(value, (bool, int, float)) else ""
        raise BadValueError(f"must be text, not {kind(value)}{hint}")
    return value


def check_line(value: object) -> str:
    text = check_text(value)
    if not text.strip():
        raise BadValueError("must not be blank")
    if _CONTROL.search(text):
        raise BadValueError("must be one line without control characters")
    return text


def check_number(value: object, unit: str, lowest: float, highest: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadValueError(f"must be a number{unit}, not {kind(value)}")
    if not lowest <= value <= highest:
        raise BadValueError(f"must be a number{unit} from {lowest} to {highest}")
    return float(value)


def check_pace(value: object) -> float:
    return check_number(value, " of seconds", MIN_PACE, MAX_SECONDS)


def check_seconds(value: object) -> float:
    return check_number(value, " of seconds", MIN_SECONDS, MAX_SECONDS)


def check_mebibytes(value: object) -> float:
    return check_number(value, " of MiB", MIN_MIB, MAX_MIB)


def check_count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadValueError(f"must be a whole number, not {'a fraction' if isinstance(value, float) else kind(value)}")
    if not 1 <= value <= MOST:
        raise BadValueError(f"must be a whole number from 1 to {MOST}")
    return value


def check_copies(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_COPIES:
        raise BadValueError(f"must be a whole number from 0 (keep none) to {MOST_COPIES}")
    return value


def check_flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise BadValueError(f"must be true or false, not {kind(value)}")
    return value


def check_id(value: object) -> str:
    text = check_text(value)
    if not ID.fullmatch(text):
        raise BadValueError("an id is made of a-z, 0-9, `-` and `_`, and begins with a letter or digit")
    if text in RESERVED_IDS:
        raise BadValueError(f"the id `{text}` is reserved")
    return text


def check_url(value: object) -> str:
    text = check_text(value)
    if len(text) > MAX_URL:
        raise BadValueError(f"a URL has at most {MAX_URL} characters")
    if re.search(r"\s", text) or _CONTROL.search(text) or "\\" in text:
        raise BadValueError("a URL has no spaces, control characters or backslashes")
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname or "", parts.port
        plain = host if ":" in host else host.encode("idna").decode()
    except ValueError:
        raise BadValueError("not a valid URL: host or port cannot be read") from None
    if parts.scheme not in {"http", "https"}:
        raise BadValueError("a URL begins with http:// or https://")
    if not host:
        raise BadValueError("this URL has no host")
    if ":" not in plain and not _HOST.fullmatch(plain):
        raise BadValueError("the host of this URL is not a valid name")
    return text


def check_header_name(value: object) -> str:
    text = check_text(value)
    if not TOKEN.fullmatch(text):
        raise BadValueError("not a valid header name", at_key=True)
    if text.lower() in OWN_HEADERS:
        raise BadValueError("this header is set by statustrio itself", at_key=True)
    return text


def check_header_value(value: str) -> str:
    if not re.fullmatch(r"[\t -~]*", value):
        raise BadValueError("a header value is one line of printable ASCII")
    if value != value.strip():
        raise BadValueError("a header value neither begins nor ends with a blank")
    return value


def check_secret(value: str) -> str:
    """`whsec_` and the base64 of 24 to 64 bytes, as Standard Webhooks asks."""
    try:
        key = base64.b64decode(value.removeprefix("whsec_"), validate=True) if value.startswith("whsec_") else b""
    except ValueError:
        key = b""
    if not 24 <= len(key) <= 64:
        raise BadValueError("must be whsec_ and the base64 of 24 to 64 random bytes")
    return value


def check_service_url(value: str) -> str:
    """A URL as Apprise has them: `slack://token`, `mailto://user:pass@host`."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s]+", value) or _CONTROL.search(value):
        raise BadValueError("must be a URL of Apprise, such as slack://TOKEN or mailto://user:password@example.com")
    return value


def check_command(value: object) -> list[object]:
    if not isinstance(value, list) or not value:
        raise BadValueError("must be a list that begins with a program, such as [./page-oncall, --loud]")
    return value


def check_argument(value: str) -> str:
    if "\0" in value:
        raise BadValueError("an argument holds no zero byte")
    return value


def check_file_path(value: str) -> str:
    if not value.strip() or "\0" in value:
        raise BadValueError("must name a file")
    return value


def check_start(value: object) -> bool:
    if value != "start":
        raise BadValueError("can only be `start`; leave the key out to begin with what is new")
    return True


def check_impact(value: object) -> Impact:
    return Impact(check_one_of(value, tuple(Impact), "impact"))


def check_expression(value: object) -> str:
    text = check_text(value)
    try:
        with warnings.catch_warnings(action="ignore"):  # what Python may read differently one day works today
            re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise BadValueError(f"not a regular expression: {error}") from None
    return text


def check_span(value: object) -> timedelta:
    """`3m`, `2h`, `7d`."""
    match = SPAN.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise BadValueError("must be a span of time, such as 30s, 3m, 2h or 7d")
    span = timedelta(seconds=int(match[1]) * SPANS[match[2]])
    if not timedelta(0) < span <= LONGEST_SPAN:
        raise BadValueError(f"must be longer than nothing and at most {LONGEST_SPAN.days} days")
    return span


def check_beat(value: object) -> timedelta:
    """`1m` or longer."""
    span = check_span(value)
    if span < SHORTEST_BEAT:
        raise BadValueError("must be 1m or longer")
    return span


def check_clock(value: object) -> time:
    """`09:00`."""
    match = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})", value) if isinstance(value, str) else None
    try:
        if match is not None:
            return time(int(match[1]), int(match[2]))
    except ValueError:
        pass
    raise BadValueError("must be a time of day, such as 09:00")


def check_clocks(value: object) -> tuple[time, time]:
    """`22:00-07:00`."""
    begin, dash, end = value.partition("-") if isinstance(value, str) else ("", "", "")
    if not dash:
        raise BadValueError("must be two times of day, such as 22:00-07:00")
    clocks = check_clock(begin.strip()), check_clock(end.strip())
    if clocks[0] == clocks[1]:
        raise BadValueError("begins and ends at the same time of day")
    return clocks


def check_listen(value: object) -> tuple[str, int]:
    """`127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`."""
    match = LISTEN.fullmatch(value) if isinstance(value, str) else None
    if match is None or not 0 <= int(match[2]) <= 65535:
        raise BadValueError(
            "must be an address and a port, such as 127.0.0.1:8080; 0.0.0.0:8080 is all of this machine"
        )
    return match[1].strip("[]"), int(match[2])


def check_host(value: object) -> str:
    """The name of a host, without scheme and port."""
    name = check_text(value).lower()
    if not HOST.fullmatch(name):
        raise BadValueError("must be the name of a host, such as status.example.com")
    return name


def check_one_of(value: object, choices: Collection[str], what: str, none: str = "") -> str:
    """`value` if it is one of `choices`; `none` ends the message where there is nothing to choose from."""
    word = check_text(value)
    if word in choices:
        return word
    hint = suggestion(word, choices)
    if not hint:
        hint = f"; known are {', '.join(choices)}" if 0 < len(choices) <= FEW else none if not choices else ""
    raise BadValueError(f"unknown {what} {shown(word)}{hint}")
