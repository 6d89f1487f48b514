"""``kenshin serve``: the API and the pages, beyond this machine only for those with a key."""

import json
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from features.clock import utc_now
from features.settings import Settings, load_settings
from serving.access.origin import is_loopback
from serving.commands.listening import listening, url

if TYPE_CHECKING:
    from serving.stopping import Server

IN_CLEAR = (
    "Keys and answers travel in the clear at this address: put a proxy that speaks https in front. "
    "People can sign in on the pages by https only."
)


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(serve)


def serve(
    config: Annotated[Path, typer.Option(help="Settings file.")] = Path("kenshin.toml"),
    host: Annotated[
        str, typer.Option(help="Address to listen at; beyond this machine it takes a live key.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    as_json: Annotated[bool, typer.Option("--json", help="Print the address as JSON.")] = False,
) -> None:
    """Serve the API and the pages until Ctrl+C."""
    serve_until_stopped(load_settings(config), host, port, as_json=as_json)


def serve_until_stopped(settings: Settings, host: str, port: int, *, as_json: bool = False) -> None:
    """Serve at ``host:port`` until SIGINT or SIGTERM; requests under way are finished.

    Raises
    ------
    NoKeyError
        Where others could reach ``host`` and there is no live API key.
    AddressError
        Where ``host`` is no address or ``port`` is taken.
    """
    with listening(host, port, lambda: _has_key(settings)) as listener:
        _serve(settings, listener, as_json=as_json)


def _serve(settings: Settings, listener: socket.socket, *, as_json: bool) -> None:
    from serving.leaving import leave_on_signals

    asked = leave_on_signals()
    try:
        server = _prepared(settings)
    except Exception:
        if asked.is_set():
            return  # A library took the end that the signal raised for a fault of its own start.
        raise
    from serving import stopping

    _announce(url(listener), as_json=as_json)
    if not is_loopback(listener.getsockname()[0]):
        typer.echo(IN_CLEAR, err=True)
    if not asked.is_set():
        stopping.run(server, listener)


def _prepared(settings: Settings) -> "Server":
    import uvicorn

    from serving.lean import import_lightgbm, settle

    import_lightgbm()
    from serving import logs, stopping
    from serving.app import create_app
    from serving.protocol import bounded

    logs.set_up(settings.serving)
    app = create_app(settings)
    settle()
    config = uvicorn.Config(
        app,
        http=bounded(settings.serving.head_seconds),
        ws="none",
        loop="uvloop",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.serving.trusted_proxies),
        forwarded_allow_ips=list(settings.serving.trusted_proxies),
        timeout_graceful_shutdown=stopping.DRAIN_SECONDS,
    )
    return stopping.Server(config, app.state.stopping)


def _has_key(settings: Settings) -> bool:
    from serving.access import keys
    from serving.store.engine import open_store

    engine = open_store(settings)
    try:
        return keys.any_lives(engine, utc_now())
    finally:
        engine.dispose()


def _announce(address: str, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"url": address}))
        return
    typer.echo(f"Kenshin serves at {address} (API: {address}/docs). Stop it with Ctrl+C.")
