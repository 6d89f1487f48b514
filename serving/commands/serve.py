"""``kenshin serve``: the API and the pages on this machine's own address."""

import ipaddress
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from features.errors import KenshinError
from features.settings import Settings, load_settings


class AddressError(KenshinError):
    """The address to serve at cannot be used."""

    slug = "address"
    title = "The address cannot be used"


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(serve)


def serve(
    config: Annotated[Path, typer.Option(help="Settings file.")] = Path("kenshin.toml"),
    host: Annotated[str, typer.Option(help="Loopback address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8000,
    as_json: Annotated[bool, typer.Option("--json", help="Print the address as JSON.")] = False,
) -> None:
    """Serve the API and the pages until Ctrl+C."""
    serve_until_stopped(load_settings(config), host, port, as_json=as_json)


def serve_until_stopped(settings: Settings, host: str, port: int, *, as_json: bool = False) -> None:
    """Serve at ``host:port`` until SIGINT or SIGTERM; requests under way are finished.

    Raises
    ------
    AddressError
        Where ``host`` is not a loopback address or ``port`` is taken.
    """
    with listening(host, port) as listener:
        _serve(settings, listener, as_json=as_json)


def _serve(settings: Settings, listener: socket.socket, *, as_json: bool) -> None:
    from serving.leaving import leave_on_signals

    asked = leave_on_signals()
    import uvicorn

    from serving.lean import import_lightgbm

    import_lightgbm()
    from serving import logs, stopping
    from serving.app import create_app
    from serving.protocol import bounded

    logs.set_up(settings.serving)
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        http=bounded(settings.serving.head_seconds),
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=stopping.DRAIN_SECONDS,
    )
    _announce(url(listener), as_json=as_json)
    if not asked.is_set():
        stopping.run(stopping.Server(config, app.state.stopping), listener)


def _announce(address: str, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"url": address}))
        return
    typer.echo(f"Kenshin serves at {address} (API: {address}/docs). Stop it with Ctrl+C.")


@contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """Yield a socket bound to a loopback address.

    Raises
    ------
    AddressError
        Where ``host`` is not a loopback address or ``port`` is taken.
    """
    address = _loopback(host)
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((str(address), port))
            listener.listen(2048)
        except OSError as error:
            raise AddressError(
                f"port {port} of {host} to be free",
                error.strerror or str(error),
                "Stop what listens there, or choose another with --port (0 takes a free one).",
            ) from None
        yield listener


def _loopback(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return ``host`` as an address that only this machine can reach."""
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        address = None
    if address is None or not address.is_loopback:
        raise AddressError(
            "a loopback address (127.0.0.1, ::1 or localhost)",
            f"'{host}'",
            "There are no API keys yet, so whoever reaches the port could read every account; "
            "put an authenticating proxy in front instead.",
        )
    return address


def url(listener: socket.socket) -> str:
    """Return the address under which ``listener`` is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
