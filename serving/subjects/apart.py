"""Writing snapshots anew in a process of its own, beside a server that goes on answering.

Reading, hashing and writing a hundred files takes the interpreter's lock thousands of times. In
the server's own process an erasure waits for each turn, and so does everybody who asks for a score.
"""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from features.errors import NotReadyError
from features.settings import Settings


def written_anew(settings: Settings, account_id: str) -> int:
    """Have another process do `serving.subjects.snapshots.take_out`; return how many there were.

    Call it inside `features.erased.changing`: the other process ends with this one, so that nobody
    goes on once the lock is gone.

    Raises
    ------
    NotReadyError
        Where the other process ended before it had done so.
    """
    root = str(settings.root.resolve())
    asked = {"root": root, "workspace": settings.workspace_folder, "account_id": account_id}
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "serving.subjects.apart"],
        stdin=subprocess.PIPE,  # an id is nothing for a list of processes
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a trace could hold a path with the id, or a row
        start_new_session=True,
        encoding="utf-8",
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            child.stdin.write(json.dumps(asked) + "\n")
            child.stdin.flush()
            said = child.stdout.read()
        except BrokenPipeError:
            said = ""
        except BaseException:
            child.kill()
            raise
    return _count(said, child.returncode)


def _count(said: str, code: int) -> int:
    if code == 0:
        return int(json.loads(said)["snapshots"])
    told: dict[str, Any] = json.loads(said) if said else {"error": f"exit code {code}"}
    raise NotReadyError(
        "every snapshot with the account to be written anew",
        f"a process that ended before it had ({told['error']})",
        "Mend that, then ask again: it goes on where it was.",
    )


def main() -> int:
    """Do what the line on standard input asks for; end when whoever asked is gone."""
    asked = json.loads(sys.stdin.readline())
    threading.Thread(target=_ended_with_the_asker, daemon=True).start()
    os.nice(5)
    from serving.subjects import snapshots

    settings = Settings(root=Path(asked["root"]), workspace_folder=asked["workspace"])
    try:
        count = snapshots.take_out(settings, asked["account_id"])
    except Exception as error:  # whoever asked is told: a text could hold a row
        reason = error.strerror if isinstance(error, OSError) else None
        sys.stdout.write(json.dumps({"error": reason or type(error).__name__}))
        return 1
    sys.stdout.write(json.dumps({"snapshots": count}))
    return 0


def _ended_with_the_asker() -> None:
    sys.stdin.read()
    os._exit(2)


if __name__ == "__main__":
    from serving.leaving import leave

    leave(main())
