"""``kenshin keys``: who may call, with which scopes and until when."""

import getpass
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from features.clock import utc_now
from features.errors import KenshinError
from features.settings import load_settings
from serving.instant import rfc3339

if TYPE_CHECKING:
    import sqlalchemy as sa

    from serving.access.keys import Key, Minted

_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}

Config = Annotated[Path, typer.Option(help="Settings file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
KeyId = Annotated[str, typer.Argument(help="The middle part of the key: kk_ID_…", metavar="ID")]

keys = typer.Typer(help="Make, list, rotate and revoke API keys.", no_args_is_help=True)


class DurationError(KenshinError):
    """A length of time that cannot be read."""

    slug = "duration"
    title = "The length of time cannot be read"


def register(app: typer.Typer) -> None:
    """Add the commands to ``app``."""
    app.add_typer(keys, name="keys")


@keys.command()
def create(
    name: Annotated[str, typer.Argument(help="Who or what will use it, such as crm-sync.")],
    scope: Annotated[list[str], typer.Option(help="read, predict, feedback or admin; repeatable.")],
    expires: Annotated[
        str | None, typer.Option(help="Such as 90d (h, d, w); default: until revoked.")
    ] = None,
    config: Config = Path("kenshin.toml"),
    as_json: AsJson = False,
) -> None:
    """Make a key and print it, this once."""
    from serving.access import keys as kept

    lasts = duration(expires) if expires is not None else None
    with _store(config) as engine:
        made = kept.create(
            engine, name, scope, now=utc_now(), by=getpass.getuser(), lasts=lasts
        )  # fmt: skip
    _say_made(made, as_json)


@keys.command("list")
def list_keys(config: Config = Path("kenshin.toml"), as_json: AsJson = False) -> None:
    """List every key there ever was, without its secret."""
    from serving.access import keys as kept

    now = utc_now()
    with _store(config) as engine:
        found = kept.listed(engine)
    if as_json:
        _print({"keys": [document(key, now) for key in found]})
        return
    if not found:
        typer.echo("No key yet: a server answers on this machine only, and without one.")
        return
    width = max(len(key.name) for key in found)
    typer.echo(
        f"{'id':<14}{'name':<{width + 2}}{'state':<9}{'scopes':<29}{'created':<12}"
        f"{'expires':<18}{'last used':<18}replaces"
    )
    for key in found:
        typer.echo(
            f"{key.key_id:<14}{key.name:<{width + 2}}{key.state(now):<9}"
            f"{' '.join(key.scopes):<29}{key.created_at:%Y-%m-%d}  "
            f"{_minute(key.expires_at):<18}{_minute(key.last_used_at):<18}{key.replaces or '–'}"
        )


@keys.command()
def rotate(
    key_id: KeyId,
    overlap: Annotated[str, typer.Option(help="How long the old key goes on living.")] = "24h",
    config: Config = Path("kenshin.toml"),
    as_json: AsJson = False,
) -> None:
    """Make a key in place of another; for a while both live."""
    from serving.access import keys as kept

    lasts = duration(overlap)
    with _store(config) as engine:
        made = kept.rotate(engine, key_id, now=utc_now(), by=getpass.getuser(), overlap=lasts)
        old = next(key for key in kept.listed(engine) if key.key_id == key_id)
    _say_made(made, as_json, replaced_until=old.expires_at)


@keys.command()
def revoke(key_id: KeyId, config: Config = Path("kenshin.toml"), as_json: AsJson = False) -> None:
    """End a key; running servers refuse it within five seconds."""
    from serving.access import keys as kept

    now = utc_now()
    with _store(config) as engine:
        key = kept.revoke(engine, key_id, now=now, by=getpass.getuser())
        others = kept.any_lives(engine, now)
    if as_json:
        _print(document(key, now))
        return
    typer.echo(f"Key {key.key_id} ({key.name}) is revoked since {_minute(key.revoked_at)} UTC.")
    if not others:
        typer.echo("No live key is left: servers refuse everybody until you make one.", err=True)


def duration(text: str) -> timedelta:
    """Return a length of time such as ``24h``, ``90d`` or ``4w``.

    Raises
    ------
    DurationError
        For anything else, and for more than ten years.
    """
    found = re.fullmatch(r"([0-9]{1,6})([hdw])", text)
    lasts = int(found[1]) * _UNITS[found[2]] if found else None
    if lasts is None or lasts > timedelta(days=3660):
        raise DurationError(
            "a whole number of hours, days or weeks, up to ten years", f"'{text}'", "Write 90d."
        )
    return lasts


def document(key: "Key", now: datetime) -> dict[str, Any]:
    """Return a key as plain JSON values; the secret is not among them."""
    instants = ("created_at", "expires_at", "revoked_at", "last_used_at")
    shown = {name: _iso(getattr(key, name)) for name in instants}
    return {
        "key_id": key.key_id,
        "name": key.name,
        "state": key.state(now),
        "scopes": list(key.scopes),
        "created_by": key.created_by,
        "replaces": key.replaces,
        **shown,
    }


def _say_made(made: "Minted", as_json: bool, replaced_until: datetime | None = None) -> None:
    """Print a new key: the key itself to stdout, all about it to stderr."""
    key = made.key
    if as_json:
        shown = {**document(key, key.created_at), "key": made.token.text}
        if key.replaces:
            shown["replaced_until"] = _iso(replaced_until)
        _print(shown)
        return
    typer.echo(made.token.text)
    ends = f"until {_minute(key.expires_at)} UTC" if key.expires_at else "until it is revoked"
    typer.echo(f"Key {key.key_id} ({key.name}) may {', '.join(key.scopes)}, {ends}.", err=True)
    if key.replaces:
        typer.echo(f"{key.replaces} goes on living until {_minute(replaced_until)} UTC.", err=True)
    typer.echo("It is shown this once and kept nowhere: put it where secrets are kept.", err=True)


@contextmanager
def _store(config: Path) -> Iterator["sa.Engine"]:
    from serving.store.engine import open_store

    engine = open_store(load_settings(config))
    try:
        yield engine
    finally:
        engine.dispose()


def _print(content: dict[str, Any]) -> None:
    typer.echo(json.dumps(content, ensure_ascii=False, allow_nan=False))


def _iso(at: datetime | None) -> str | None:
    return rfc3339(at) if at is not None else None


def _minute(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at is not None else "–"
