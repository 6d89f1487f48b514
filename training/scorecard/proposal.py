"""The starter card as a file for one company: only what exists here, its own features suggested."""

import re
from collections.abc import Sequence

from features.catalog import Feature
from features.settings import Churn, Settings
from training.scorecard.card import Scorecard
from training.scorecard.starter import narrowed, starter, starter_text
from training.scorecard.writing import quoted


def proposal(kind: str, settings: Settings, features: Sequence[Feature]) -> str:
    """Return ``scorecard.toml`` for a company: the starter of ``kind`` without what is absent.

    The comments of the starter stay. The rule of what leaving means is written down, and the
    company's own features (``[features]`` of its settings) follow as indicators commented out.

    Raises
    ------
    SettingsError
        Where there is no such kind.
    NotReadyError
        Where too few indicators exist.
    """
    kept = narrowed(starter(kind), features)
    blocks = starter_text(kind).split("\n\n")
    text = "\n\n".join(_existing(blocks, kept)).rstrip("\n") + "\n"
    return _with_churn(text, settings.churn) + _own(settings, features)


def _existing(blocks: Sequence[str], kept: Scorecard) -> list[str]:
    """Return the blocks of a starter (head, cards, indicators) that the narrowed card still has."""
    cards = {card.code: {i.feature for i in card.indicator} for card in kept.card}
    found, card = [], ""
    for block in blocks:
        code = re.search(r'^code = "(\w+)"$', block, re.MULTILINE)
        feature = re.search(r'^feature = "(\w+)"$', block, re.MULTILINE)
        if "[[card]]" in block and code is not None:
            card = code[1]
        present = card in cards if feature is None else feature[1] in cards.get(card, set())
        if not card or present:
            found.append(block)
    return found


def _with_churn(text: str, churn: Churn) -> str:
    rule = (
        "# What leaving means, as in kenshin.toml when this was written.\n"
        f"churn = {{ source = {quoted(churn.source)}, horizon_days = {churn.horizon_days}, "
        f"lead_days = {churn.lead_days}, allowed_gap_days = {churn.allowed_gap_days} }}\n"
    )
    place = text.index("\n", text.index("\ntitle = ") + 1) + 1
    return f"{text[:place]}\n{rule}{text[place:]}"


def _own(settings: Settings, features: Sequence[Feature]) -> str:
    """Return the product's own success actions as indicators to take up, commented out."""
    own = [f for f in features if f.indicator == "product" and f.good != "none"]
    if not own:
        return ""
    lines = [
        "",
        "# Your own features, from [features] in kenshin.toml: what success in your product is. To",
        "# count one, remove its '# ', choose weight and ends, and give it to a card by moving it",
        "# below the indicators of that card.",
    ]
    for feature in own:
        lines += ["#", f"# {feature.label.en} / {feature.label.ja}", "# [[card.indicator]]"]
        lines += [f"# feature = {quoted(feature.name)}", "# weight = 10"]
        ends = "none_at = 0, all_at = 10" if feature.good == "up" else "none_at = 10, all_at = 0"
        if feature.unit in ("share", "times", "truth"):
            ends = ends.replace("10", "1")
        lines.append(f"# bounded = {{ {ends} }}")
    return "\n".join(lines) + "\n"
