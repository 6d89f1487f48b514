"""The API itself, in a process that may be killed while it answers; forked from one that has
imported everything, so that a hundred of them start in a few seconds.
"""

import socket
from multiprocessing.connection import Connection
from pathlib import Path

import uvicorn

from features.settings import Store, load_settings
from serving.app import create_app
from serving.champion import Champion


def serve(folder: str, store: str, tell: Connection) -> None:
    """Serve the company in ``folder`` until killed; report that it is up, then its address.

    The store is named because a forked process has the environment of the one it was forked from.
    """
    settings = load_settings(Path(folder) / "kenshin.toml")
    settings = settings.model_copy(update={"store": Store(url=store)})
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        app = create_app(settings, champion=Champion(settings))
        tell.send("open")
        tell.send(f"http://127.0.0.1:{listener.getsockname()[1]}")
        config = uvicorn.Config(app, log_config=None, access_log=False)
        uvicorn.Server(config).run(sockets=[listener])
