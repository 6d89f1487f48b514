"""The catalogue as a page: ``python -m features.catalogue.page > docs/features.md``."""

from collections.abc import Iterable, Iterator

from features.catalogue.declaration import Declaration
from features.catalogue.existing import everything
from features.settings import Settings

HEAD = """\
# Features

Written by `python -m features.catalogue.page` from the declarations in `features/catalogue`; a test
holds it current. Do not edit it by hand.

One row per live account and `as_of`; these are its columns. A feature exists where its sources
exist: an absent table or column means no feature, never a zero.

## Rules

- **What counts.** A row counts at `as_of` if its time lies before `as_of`, and so does its
  `recorded_at` where it has one. An end, a resolution, a payment at or after `as_of` is not known:
  the contract runs, the ticket is open, the invoice is unpaid. An attribute of `accounts` counts
  from `created_at`; it has no history, so it is taken as it stands.
- **Windows** are half-open, `[as_of - w, as_of)`, in whole days of UTC; every `as_of` is a midnight
  in UTC. They are not clipped at the start of the spell: what an account did in the last 90 days is
  a fact whatever its contract was then. Only features that say "in the present spell" are clipped.
- **Zero or missing.** What could have happened and did not is 0: no events, no tickets, no visits.
  What is unknown without a row is missing: an answer never given, a rate of nothing, a comparison
  with a time before the account was there. Each line below says which.
- **Live** at `as_of` is an account with a contract that began before `as_of` and whose end, if it
  has one, is not yet known to have passed; where churn is inactivity, an account with activity in
  the last `active_within_days`. Accounts younger than `minimum_tenure_days` are left out.
- **Spells** join contracts with gaps of up to `allowed_gap_days`; a change of plan ends nothing; a
  return after a longer gap begins a new spell.
- **Labels.** Did the spell end in `[as_of + lead, as_of + lead + horizon)`? Unknown, never "no",
  where that window plus the allowed gap runs past `observed_until`, and for an account that was
  gone before the window began.
- **Reserved values.** `events.event` `login` and `setup_completed`, `surveys.kind` `nps` and
  `csat`, the kinds of `messages`, `learning.course` `hands_on` and some `tickets.category` have
  features of their own where they occur at all. Map your own words onto them in `kenshin.toml`.
  No other event name makes a feature by itself, so that no name is chosen by what happened later;
  name those that matter under `[features]`.
- **Exactness.** Money is summed in hundredths, quantities in thousandths, durations in
  milliseconds, as integers; quantities and amounts beyond 10^12 are taken as 10^12.
- **Ties.** Of two answers at one instant the lower is the later; of two contracts begun at one
  instant the larger names plan and terms; seats and amounts of contracts side by side add up.

"""

TAIL = """\
## From `kenshin.toml`

A section `[features.NAME]` declares one more feature from named events, without code:

| measure | value | window |
|---|---|---|
| `count` | number of `event` | `window_days` |
| `sum` | total quantity of `event` | `window_days` |
| `ratio` | number of `event` over number of `per`; missing without `per` | `window_days` |
| `never` | 1 where `event` was never seen in the present spell, else 0 | none |
| `first_use_days` | days from the start of the present spell to the first `event` | none |

Its name is `NAME` with the window added: `reports_28d`.

## From `accounts`

`industry`, `size`, `region` and every column beyond the contract become features of the group
`profile`: numbers and truths (0 or 1) as numbers, texts of 2 to 100 different values as categories.
Columns that `kenshin check` finds to know the future are left out.
"""

TITLES = {
    "usage": "Usage",
    "satisfaction": "Satisfaction",
    "support": "Support",
    "contract": "Contract",
    "engagement": "Engagement",
    "onboarding": "Onboarding",
    "payment": "Payment",
}
GOOD = {"up": "more", "down": "less", "none": "–"}


def page(settings: Settings) -> str:
    """Return the documentation of every declared feature as Markdown."""
    declared = list(everything(settings))
    sections = [_section(group, declared) for group in TITLES]
    return HEAD + "\n".join(sections) + "\n" + TAIL


def _section(group: str, declared: Iterable[Declaration]) -> str:
    lines = [
        f"## {TITLES[group]}\n",
        "| feature | | label | 名称 | unit | better | needs | missing |",
        "|---|---|---|---|---|---|---|---|",
        *_lines(d for d in declared if d.feature.group == group),
    ]
    return "\n".join(lines) + "\n"


def _lines(declared: Iterable[Declaration]) -> Iterator[str]:
    for declaration in declared:
        feature = declaration.feature
        cells = (
            f"`{feature.name}`",
            feature.indicator,
            feature.label.en,
            feature.label.ja,
            feature.unit,
            GOOD[feature.good],
            ", ".join(f"`{need}`" for need in declaration.needs),
            feature.missing_means,
        )
        yield f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    print(page(Settings()), end="")
