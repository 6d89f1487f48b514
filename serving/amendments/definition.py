"""What decides the meaning of a score, read from the model in service, and how two differ."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.bundle import Bundle
    from training.scorecard import Scorecard

Json = dict[str, Any]
PLAIN = ("green_from", "red_up_to", "horizon_days", "lead_days", "p80", "p50")
"""Keys of a definition that are one number each."""


def in_force(bundle: "Bundle") -> Json:
    """Return the definition by which ``bundle`` scores, as plain JSON values.

    It is read from what serves, not from the settings file: what was changed there takes effect
    with the training after it, and a rollback brings the former definition back.
    """
    evaluation, scale, card = bundle.evaluation, bundle.scale, _card(bundle)
    return {
        "settings_version": bundle.manifest.get("settings_version"),
        "scorecard_version": bundle.scorecard_version,
        "green_from": bundle.bands.green,
        "red_up_to": bundle.bands.red,
        "horizon_days": evaluation.get("horizon_days"),
        "lead_days": evaluation.get("lead_days"),
        "p80": getattr(scale, "p80", None),
        "p50": getattr(scale, "p50", None),
        "features": sorted(feature.name for feature in bundle.features),
        "scorecard": None if card is None else card.model_dump(mode="json"),
    }


def _card(bundle: "Bundle") -> "Scorecard | None":
    reading = getattr(bundle, "reading", None)
    return getattr(bundle, "card", None) if reading is None else reading.scorecard


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Json]:
    """Return what is different: ``what``, ``before`` and ``after`` of each, [] where nothing is.

    ``feature`` has the feature on the side that has it; ``scorecard`` has one line of the card on
    each side, as `training.scorecard.diff` finds them.
    """
    found = [
        {"what": key, "before": before.get(key), "after": after.get(key)}
        for key in PLAIN
        if before.get(key) != after.get(key)
    ]
    old, new = set(before["features"]), set(after["features"])
    found += [{"what": "feature", "before": name, "after": None} for name in sorted(old - new)]
    found += [{"what": "feature", "before": None, "after": name} for name in sorted(new - old)]
    return found + _of_cards(before, after)


def _of_cards(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Json]:
    old, new = before["scorecard"], after["scorecard"]
    if before["scorecard_version"] == after["scorecard_version"]:
        return []
    if old is None or new is None:
        versions = (before["scorecard_version"], after["scorecard_version"])
        return [{"what": "scorecard", "before": versions[0], "after": versions[1]}]
    from training.scorecard import Scorecard
    from training.scorecard.diff import diff

    cards = (Scorecard.model_validate(old), Scorecard.model_validate(new))
    return [
        {
            "what": " ".join(part for part in (one.card, one.indicator, one.key) if part),
            "before": one.before,
            "after": one.after,
        }
        for one in diff(*cards)
    ]
