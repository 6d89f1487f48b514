"""What the server says: one JSON object a line, or lines for people; never a customer's data.

Messages are ours and constant; what varies is an argument. An argument that is an exception is
reduced to its type, for its text may hold data: SQLAlchemy's holds parameters, the database's own
holds rows. A traceback is reduced to the frames of our own code.
"""

import asyncio
import json
import logging
import re
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, TextIO

from sqlalchemy.exc import DBAPIError

from features.errors import KenshinError
from features.serving_settings import ServingSettings
from serving.observing import request_state

ROOT: Final = Path(__file__).resolve().parents[1]
_OURS: Final = tuple(f"{ROOT / name}/" for name in ("features", "training", "serving"))
_TALKING: Final = ("kenshin", "uvicorn", "alembic.runtime.migration")
"""Loggers that are heard from INFO on; those of other libraries from WARNING on."""

MOST_WAITING: Final = 50
"""Lines of requests that are written together at most."""

LONGEST_WAIT: Final = 0.01
"""Seconds after which they are written; so much of them is lost where the process is killed."""

_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def set_up(settings: ServingSettings, stream: TextIO | None = None) -> logging.Handler:
    """Send every logger of the process, uvicorn's included, to ``stream`` (default: stderr)."""
    made = JsonStream if settings.log == "json" else logging.StreamHandler
    handler = made(stream or sys.stderr)
    handler.setFormatter(JsonLines() if settings.log == "json" else Lines())
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for name in _TALKING:
        logging.getLogger(name).setLevel(logging.INFO)
    logging.captureWarnings(True)
    # Said of no record here, and asked of the system for each one otherwise.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.getLogger("uvicorn.error").addFilter(_said_already)
    logging.getLogger("alembic.runtime.migration").addFilter(_upgrades)
    sys.excepthook = _last_words
    threading.excepthook = _last_words_of_a_thread
    return handler


class JsonStream(logging.StreamHandler[TextIO]):
    """Writes records, and the lines of requests without a record: a third of the time.

    The lines of all requests answered within a hundredth of a second are written together; whatever
    else is said comes after those that were there before, and the end of the process after all.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._lines: list[str] = []

    def access_line(
        self, logger: str, state: dict[str, Any], method: str, status: int, ms: float
    ) -> None:
        """Write the line that `JsonLines` makes of the same, within `LONGEST_WAIT`."""
        route, key = state.get("route"), getattr(state.get("caller"), "key_id", None)
        known = "" if route is None else f',"route":{_text(route)}'
        if key is not None:
            known += f',"key_id":{_text(key)}'
        line = (
            f'{{"time":"{_instant(time.time())}","level":"info","logger":{_text(logger)},'
            f'"event":"request","request_id":{_text(state.get("request_id", ""))}{known},'
            f'"method":{_text(method)},"status":{status},"ms":{ms}}}\n'
        )
        with self.lock or nullcontext():
            self._lines.append(line)
            waiting = len(self._lines)
        if waiting == 1:
            self._flush_soon()
        elif waiting >= MOST_WAITING:
            self.flush()

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record behind the lines that wait."""
        self.flush()
        super().emit(record)

    def _flush_soon(self) -> None:
        try:
            asyncio.get_running_loop().call_later(LONGEST_WAIT, self.flush)
        except RuntimeError:  # no loop runs in this thread
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        with self.lock or nullcontext():
            lines, self._lines = self._lines, []
            try:
                if lines:
                    self.stream.write("".join(lines))
                super().flush()
            except Exception:
                self.handleError(logging.LogRecord("kenshin.access", logging.INFO, __file__, 0,
                                                   "request", None, None))  # fmt: skip


class JsonLines(logging.Formatter):
    """One JSON object a line, in ASCII, so that no character of any value can end the line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of ``record``."""
        return _encode(fields(record))


class Lines(logging.Formatter):
    """Lines for people: time, level, logger, event, then what else is known."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of ``record``, without a character that could end or hide it."""
        known = fields(record)
        head = [str(known.pop(name)) for name in ("time", "level", "logger", "event")]
        rest = [f"{name}={value}" for name, value in known.items()]
        return _UNPRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02x}", " ".join(head + rest))


def fields(record: logging.LogRecord) -> dict[str, Any]:
    """Return what is said of ``record``: time, level, logger, event, request, and its own fields.

    ``time`` is RFC 3339 in UTC with milliseconds.
    """
    known: dict[str, Any] = {
        "time": _instant(record.created),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": message(record),
    }
    state = request_state.get()
    if state is not None:
        known |= _of_request(state)
    known |= record.__dict__.get("fields", {})
    if record.exc_info and record.exc_info[1] is not None:
        known["exception"] = described(record.exc_info[1])
    return known


def _instant(since_1970: float) -> str:
    return f"{_second(int(since_1970))}.{int(since_1970 % 1 * 1000):03d}Z"


@lru_cache(maxsize=2)
def _second(since_1970: int) -> str:
    return f"{datetime.fromtimestamp(since_1970, UTC):%Y-%m-%dT%H:%M:%S}"


def _of_request(state: Mapping[str, Any]) -> dict[str, Any]:
    found = {"request_id": state.get("request_id", "")}
    if "route" in state:
        found["route"] = state["route"]
    key = getattr(state.get("caller"), "key_id", None)
    if key is not None:
        found["key_id"] = key
    return found


def message(record: logging.LogRecord) -> str:
    """Return the message with its arguments made safe.

    Of other people's loggers only the first line: asyncio's later ones hold whole exceptions.
    """
    said = str(_safe(record.msg))
    given = record.args
    if isinstance(given, tuple) and given:
        said %= tuple(_safe(one) for one in given)
    elif isinstance(given, Mapping) and given:
        said %= {name: _safe(one) for name, one in given.items()}
    return said if record.name.startswith("kenshin") else said.split("\n", 1)[0]


def _safe(value: object) -> object:
    """Return ``value``, or what may be said of it where it is an exception.

    Refusals that blame us name files and versions and may be read whole; those that blame the
    caller may name an account that resembles the one asked for.
    """
    if isinstance(value, BaseException):
        return named(value)
    return value if isinstance(value, str | int | float) else str(value)


_encode: Final = json.JSONEncoder(separators=(",", ":"), default=_safe).encode
_text: Final = json.encoder.encode_basestring_ascii


def named(error: BaseException) -> str:
    """Return the type of ``error``, and what of its text cannot hold data."""
    name = type(error).__name__
    if isinstance(error, KenshinError):
        return f"{name}: {error}" if error.status >= 500 else name
    if isinstance(error, DBAPIError):
        return f"{name}: {_code(error.orig)}"
    if isinstance(error, OSError) and error.strerror:
        return f"{name}: {error.strerror}"
    return name


def _code(error: BaseException | None) -> str:
    """Return the database's own code of an error: SQLSTATE, or SQLite's name."""
    code = getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None)
    return f"{type(error).__name__} {code}" if code else type(error).__name__


def described(error: BaseException) -> dict[str, Any]:
    """Return type, cause and frames of ``error``: our own and the innermost, which is last."""
    said: dict[str, Any] = {"type": named(error), "frames": _frames(error)}
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        said["cause"] = named(cause)
    return said


def _frames(error: BaseException) -> list[str]:
    found, here = [], error.__traceback__
    while here is not None:
        code = here.tb_frame.f_code
        if code.co_filename.startswith(_OURS) or here.tb_next is None:
            place = code.co_filename.removeprefix(f"{ROOT}/").rpartition("site-packages/")[2]
            found.append(f"{place}:{here.tb_lineno} {code.co_name}")
        here = here.tb_next
    return found


def _said_already(record: logging.LogRecord) -> bool:
    """Drop uvicorn's account of an exception that `serving.observing` has told with its request."""
    return not str(record.msg).startswith("Exception in ASGI application")


def _upgrades(record: logging.LogRecord) -> bool:
    """Keep what alembic does, not what it finds each time it looks."""
    return record.levelno > logging.INFO or str(record.msg).startswith("Running")


def _last_words(_: type[BaseException], error: BaseException, *more: object) -> None:
    if isinstance(error, KeyboardInterrupt):
        return
    told = (type(error), error, error.__traceback__)
    logging.getLogger("kenshin").critical("the process ends by an error", exc_info=told)


def _last_words_of_a_thread(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is None:
        return
    told = (args.exc_type, args.exc_value, args.exc_traceback)
    name = args.thread.name if args.thread is not None else "unknown"
    logging.getLogger("kenshin").error("thread %s ended by an error", name, exc_info=told)
