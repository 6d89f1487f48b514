"""The catalogue as a page: ``python -m features.catalogue.page > docs/features.md``.

With ``ja`` after it the Japanese one, ``docs/features.ja.md``.
"""

import sys
from collections.abc import Iterable, Iterator

from features.catalog import Language
from features.catalogue.declaration import Declaration
from features.catalogue.definition import definition, interval
from features.catalogue.existing import everything
from features.settings import Settings

HEAD = """\
# Features

Written by `python -m features.catalogue.page` from the declarations in `features/catalogue`; a test
holds it current. Do not edit it by hand.

One row per live account and `as_of`; these are its columns. A feature exists where its sources
exist: an absent table or column means no feature, never a zero. `kenshin features` lists those of
a company with what exists there; `kenshin features --sql NAME` prints the SQL that computes one
from the canonical tables, for DuckDB, PostgreSQL or Spark. [日本語](features.ja.md)

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

A section `[features.NAME]` declares one more feature from named events, without code. `event` is
one name or a list, any of which counts; a `*` in a name stands for whatever letters. `kenshin
check` warns of a name that no event has (K504).

| measure | value | window | unit |
|---|---|---|---|
| `count` | how often | `window_days` | count |
| `sum` | the total `quantity` | `window_days` | count |
| `ratio` | the count of `event` over that of `per`; missing without `per` | `window_days` | \
share, or as `unit` says: `times`, `count` |
| `never` | 1 where it was not seen in the present spell, else 0 | none | truth |
| `first_use_days` | days from the start of the present spell to the first | none | days |
| `breadth` | how many of the names were seen | `window_days` | count |
| `users` | how many users did it | `window_days` | count |
| `share_of_seats` | those users over the contract's seats; missing without seats | \
`window_days` | share |
| `active_days` | days with it | `window_days` | days |
| `days_since` | days since the last; missing where it was never used | none | days |
| `top_user_share` | the busiest user's share of what users are known for, of all use where there \
is no `event`; missing without such use | `window_days` | share |

`against` holds any of them against something:

- `"own_past"`: the change from the mean of the `periods` windows before (1 unless given) to the
  window; unit `change`. Not for measures without a window. Missing while the account is younger
  than all these windows, where one of them has no value, or where all were 0. With
  `difference = "chance"`, for `count` only, it is `(n - e) / sqrt(e + 1)`: the count less that
  mean, over as much as a count strays by chance; unit `times`. Where all were 0 it has a value
  too; a younger account is held against those of the windows that lie wholly in its present spell,
  missing where none does.
- `"peers"`: how many times the median of the live accounts of the same plan at the same `as_of`;
  unit `times`. Not for `never`. Missing with fewer than `minimum_peers` (10 unless given) accounts
  of the plan that have a value, this one among them. The median is the lower one, so that it is a
  value that an account has.

The name of the column is `NAME` with the window and the comparison: `reports_28d`,
`reports_28d_vs_prev_168d`, `reports_28d_vs_peers`. `label` is needed in both languages; `worse`,
`better` and `missing` follow from the measure unless they are given likewise. `good` is `up`,
`down` or `none`. One of each:

```toml
[features.reports]
measure = "count"
event = "report_created"
window_days = 28
good = "up"
label = { ja = "作成したレポート数", en = "Reports created" }

[features.reports_against_past]
measure = "count"
event = "report_created"
window_days = 28
against = "own_past"
periods = 6
good = "up"
label = { ja = "作成したレポート数", en = "Reports created" }

[features.reports_by_chance]
measure = "count"
event = "report_created"
window_days = 28
against = "own_past"
periods = 13
difference = "chance"
good = "up"
label = { ja = "作成したレポート数", en = "Reports created" }

[features.reports_against_peers]
measure = "count"
event = "report_created"
window_days = 28
against = "peers"
minimum_peers = 20
good = "up"
label = { ja = "作成したレポート数", en = "Reports created" }

[features.api_calls]
measure = "sum"
event = "api_call"
window_days = 28
good = "up"
label = { ja = "API呼び出し回数", en = "API calls" }

[features.tasks_per_project]
measure = "ratio"
event = ["task_created", "task_imported"]
per = "project_created"
window_days = 90
unit = "times"
label = { ja = "プロジェクトあたりのタスク数", en = "Tasks per project" }

[features.never_shared]
measure = "never"
event = ["report_shared", "dashboard_shared"]
good = "down"
label = { ja = "共有", en = "Sharing" }
worse = { ja = "まだ何も共有していない", en = "Nothing was ever shared" }
better = { ja = "共有している", en = "Something was shared" }

[features.days_to_report]
measure = "first_use_days"
event = "report_created"
good = "down"
label = { ja = "最初のレポートまでの日数", en = "Days to the first report" }

[features.reporting_breadth]
measure = "breadth"
event = "report_*"
window_days = 28
good = "up"
label = { ja = "使っているレポート機能の数", en = "Reporting features in use" }

[features.report_authors]
measure = "users"
event = "report_created"
window_days = 28
good = "up"
label = { ja = "レポートの作成者数", en = "People creating reports" }

[features.report_seats]
measure = "share_of_seats"
event = "report_*"
window_days = 28
good = "up"
label = { ja = "レポート機能を使う席の割合", en = "Seats using reports" }

[features.report_days]
measure = "active_days"
event = "report_created"
window_days = 28
good = "up"
label = { ja = "レポートを作成した日数", en = "Days with a report" }

[features.days_since_report]
measure = "days_since"
event = "report_created"
good = "down"
label = { ja = "最後のレポート作成からの日数", en = "Days since the last report" }

[features.one_person]
measure = "top_user_share"
window_days = 28
good = "down"
label = { ja = "一人の利用者への集中", en = "Use resting on one person" }
```

## From `accounts`

`industry`, `size`, `region` and every column beyond the contract become features of the group
`profile`: numbers and truths (0 or 1) as numbers, texts of 2 to 100 different values as categories.
Columns that `kenshin check` finds to know the future are left out.
"""

HEAD_JA = """\
# 特徴量の一覧

`features/catalogue` の宣言から `python -m features.catalogue.page ja` で書き出したページです。
手で編集しないでください。
規則（何を数えるか、期間、欠測、契約中の定義、正確さ）と `kenshin.toml` の書き方は
[features.md](features.md) にあります。

契約中のアカウントと `as_of` ごとに1行、ここにあるのがその列です。
元の表や列がなければ、その特徴量は存在しません（0にはなりません）。
期間は `[as_of - 28 d, as_of)` のように書き、始まりを含み、終わりを含みません。
どの特徴量も `kenshin features --sql NAME` で計算に使うSQLを表示できます。

"""

TITLES: dict[Language, dict[str, str]] = {
    "en": {
        "usage": "Usage",
        "satisfaction": "Satisfaction",
        "support": "Support",
        "contract": "Contract",
        "engagement": "Engagement",
        "onboarding": "Onboarding",
        "payment": "Payment",
    },
    "ja": {
        "usage": "利用",
        "satisfaction": "満足度",
        "support": "サポート",
        "contract": "契約",
        "engagement": "関係",
        "onboarding": "導入",
        "payment": "支払い",
    },
}
COLUMNS: dict[Language, str] = {
    "en": "| feature | | label | 名称 | definition | window | unit | better | needs | missing |",
    "ja": "| 特徴量 | | 名称 | label | 定義 | 期間 | 単位 | 良い方向 | 必要な列 | 欠測時の文 |",
}
GOOD: dict[Language, dict[str, str]] = {
    "en": {"up": "more", "down": "less", "none": "–"},
    "ja": {"up": "多い", "down": "少ない", "none": "–"},
}


def page(settings: Settings, language: Language = "en") -> str:
    """Return the documentation of every declared feature as Markdown."""
    declared = list(everything(settings))
    sections = [_section(group, declared, language) for group in TITLES[language]]
    if language == "ja":
        return HEAD_JA + "\n".join(sections)
    return HEAD + "\n".join(sections) + "\n" + TAIL


def _section(group: str, declared: Iterable[Declaration], language: Language) -> str:
    lines = [
        f"## {TITLES[language][group]}\n",
        COLUMNS[language],
        "|---|---|---|---|---|---|---|---|---|---|",
        *_lines((d for d in declared if d.feature.group == group), language),
    ]
    return "\n".join(lines) + "\n"


def _lines(declared: Iterable[Declaration], language: Language) -> Iterator[str]:
    for declaration in declared:
        feature = declaration.feature
        never = feature.missing_means.startswith("Never missing")
        labels = (feature.label.en, feature.label.ja)
        cells = (
            f"`{feature.name}`",
            feature.indicator,
            *(labels if language == "en" else reversed(labels)),
            definition(declaration, language),
            f"`{interval(feature.window_days)}`" if feature.window_days else "–",
            feature.unit,
            GOOD[language][feature.good],
            ", ".join(f"`{need}`" for need in declaration.needs),
            feature.missing_means if language == "en" else "–" if never else feature.missing.ja,
        )
        yield f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    print(page(Settings(), "ja" if sys.argv[1:] == ["ja"] else "en"), end="")
