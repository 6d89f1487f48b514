"""What stands at the head of the page of an account that is no customer any more."""

from datetime import datetime

from features.settings import Settings
from serving.answer_words import reason_word
from serving.departed import Departure
from serving.pages.reader import Reader


def sentences(
    settings: Settings, gone: Departure | None, as_of: datetime, reader: Reader
) -> list[str]:
    """Return when it left and why, as far as that is known, and of when the page is."""
    state = reader.say(
        "What follows was its state on %(day)s.", day=reader.numbers.full_date(as_of)
    )
    if gone is None:
        unknown = reader.say(
            "This company is not in the latest run: it has left, or is not a customer now."
        )
        return [unknown, state]
    day = reader.numbers.full_date(gone.left_at)
    if not gone.confirmed:
        ended = reader.say(
            "Its contract ended on %(day)s; it counts as left unless it returns within %(n)s days.",
            day=day,
            n=settings.churn.allowed_gap_days,
        )
        return [ended, *_reason(gone, reader), state]
    return [reader.say("This company left on %(day)s.", day=day), *_reason(gone, reader), state]


def _reason(gone: Departure, reader: Reader) -> list[str]:
    if not gone.reason:
        return []
    return [
        reader.say("Reason given: %(reason)s.", reason=reason_word(gone.reason, reader.language))
    ]
