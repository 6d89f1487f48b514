"""What a form of these pages sent, where it is one of ours and not too large."""

from fastapi import Request

from features.errors import KenshinError
from serving.pages.feedback import check_origin

LARGEST_FORM = 20_000
"""Bytes a form may have."""


async def own_form(request: Request) -> dict[str, str]:
    """Return the fields of a form that one of these pages sent.

    Raises
    ------
    ForeignFormError
        Where another site sent it.
    KenshinError
        Where it is too large.
    """
    check_origin(request.headers)
    if int(request.headers.get("content-length") or LARGEST_FORM + 1) > LARGEST_FORM:
        raise KenshinError(
            f"a form of at most {LARGEST_FORM:,} bytes", "a larger one", "Write less."
        )
    form = await request.form(max_files=0, max_fields=10)
    return {key: value for key, value in form.items() if isinstance(value, str)}
