"""Where a command may write a file, asked before the work whose result goes there."""

from pathlib import Path

from features.errors import SettingsError


def require_folder(file: Path | None) -> None:
    """Refuse a file to write, if one is named, that is a folder or whose folder does not exist.

    Raises
    ------
    SettingsError
        Naming the file and what to do.
    """
    if file is None:
        return
    if file.is_dir():
        raise SettingsError("a file to write", f"the folder {file}", "Add the name of a file.")
    if not file.absolute().parent.is_dir():
        raise SettingsError("a file in a folder that exists", f"{file}", "Make the folder first.")
