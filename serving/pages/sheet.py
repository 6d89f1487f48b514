"""A CSV that a browser saves as a file."""

from fastapi import Response


def sheet(text: str, name: str) -> Response:
    """Return ``text`` as a download called ``name``."""
    return Response(
        text,
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
