"""From stored rows to what is said about an account."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from features.catalog import Feature, Language
from features.settings import Settings
from serving import records
from serving.accounts.schemas import AccountLine, Explanation, Moment, Reason
from serving.overrides.override import shown
from serving.records import Driver, Record
from serving.store import scores
from serving.store.scores import StoredRow
from serving.values import value_text
from training.bundle import Bundle

_SAME_NAME = ("name", "name_en", "plan", "industry", "size", "region", "owner", "arr", "currency",
              "renewal_date", "customer_since")  # fmt: skip
_OF_SCORE = ("score_id", "as_of", "health_score", "band", "band_since", "churn_probability",
             "revenue_at_risk", "change", "abstain_reason")  # fmt: skip
_OF_MOMENT = ("score_id", "as_of", "kind", "health_score", "band", "churn_probability",
              "abstain_reason")  # fmt: skip


def facts(row: StoredRow) -> dict[str, Any]:
    """Return who the account is, by the field names of `Facts`."""
    return {"account_external_id": row["account_id"], **{name: row[name] for name in _SAME_NAME}}


def line(row: StoredRow, held: StoredRow | None) -> AccountLine:
    """Return one line of the list from a row of `listing.page` and the override in force."""
    said = {name: row[name] for name in _OF_SCORE}
    return AccountLine(
        **facts(row),
        **said,
        top_reasons=row["top_reasons"] or [],
        override=None if held is None else shown(held),
    )


def moment(row: StoredRow) -> Moment:
    """Return one point of the history."""
    return Moment(**{name: row[name] for name in _OF_MOMENT})


def issued_record(
    engine: sa.Engine, row: StoredRow, run: StoredRow, bundle: Bundle, settings: Settings
) -> Record:
    """Return the canonical record of a stored score, its move since the score before included."""
    before = scores.previous_score(engine, row)
    run_before = scores.run_by_id(engine, before["run_id"]) if before else None
    previous = (before, run_before) if before and run_before else None
    return records.record(row, run, bundle, settings, previous)


def explanation(record: Record, features: Mapping[str, Feature], language: Language) -> Explanation:
    """Return the record's drivers as sentences that still add up."""
    return Explanation(
        account_external_id=record.account_external_id,
        score_id=record.score_id,
        as_of=record.as_of,
        model_version=record.model_version,
        language=language,
        health_score=record.health_score,
        band=record.band,
        baseline_points=record.baseline_points,
        reasons=[
            _reason(driver, features.get(driver.code), language, record.currency or "USD")
            for driver in record.drivers
        ],
        abstain_reason=record.abstain_reason,
    )


def _reason(driver: Driver, feature: Feature | None, language: Language, currency: str) -> Reason:
    ja = language == "ja"
    return Reason(
        code=driver.code,
        group=driver.group,
        label=driver.label_ja if ja else driver.label_en,
        value=value_text(feature, driver.value, language, currency) if feature else None,
        typical=value_text(feature, driver.typical, language, currency) if feature else None,
        points=driver.points,
        sentence=driver.sentence_ja if ja else driver.sentence_en,
    )
