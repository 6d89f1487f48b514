"""The ``kenshin.toml`` that belongs to a simulated company."""

from datetime import timedelta
from pathlib import Path

from features.simulator.plan import CompanyPlan, PlanError

_FIRST_LINE = "# A simulated company: nobody in it exists."
_HEAD = """\
# A simulated company: nobody in it exists. See truth.{kind} for what really drove its customers.

[company]
name = "株式会社見本クラウド"
timezone = "UTC"
currency = "JPY"
language = "ja"

[data]
observed_until = {end}T00:00:00

[churn]
success = "主要な仕事を毎週このサービスの上で終えている"
source = "subscriptions"
horizon_days = {horizon}
allowed_gap_days = 30

[snapshots]
every = "month"
start = {first}T00:00:00
"""

_FEATURES = """
[features.report_sharing]
measure = "ratio"
event = "report_shared"
per = "report_created"
window_days = 90
unit = "times"
good = "up"
label = { ja = "作成数に対するレポート共有数の比", en = "Reports shared against reports created" }

[features.never_connected]
measure = "never"
event = "integration_connected"
good = "down"
label = { ja = "外部ツール連携が一度もない", en = "Never connected another tool" }

[features.never_set_up]
measure = "never"
event = "setup_completed"
good = "down"
label = { ja = "初期設定が完了していない", en = "Set-up never completed" }

[features.tasks_completed]
measure = "count"
event = "task_completed"
window_days = 28
good = "up"
label = { ja = "完了したタスク数", en = "Tasks completed" }

[features.task_completion]
measure = "ratio"
event = "task_completed"
per = "task_created"
window_days = 90
unit = "times"
good = "up"
label = { ja = "作成数に対するタスク完了数の比", en = "Tasks completed against tasks created" }

[features.api_calls]
measure = "sum"
event = "api_call"
window_days = 28
good = "up"
label = { ja = "API呼び出し回数", en = "API calls" }

[features.days_to_integration]
measure = "first_use_days"
event = "integration_connected"
good = "down"
label = { ja = "初めて連携するまでの日数", en = "Days until the first connected tool" }

[features.plan_visits]
measure = "count"
event = "plan_viewed"
window_days = 28
good = "down"
label = { ja = "契約・料金ページの閲覧数", en = "Visits to the plan and price page" }

[features.exports]
measure = "count"
event = "export"
window_days = 28
good = "none"
label = { ja = "データ書き出し数", en = "Exports" }

[features.setup_steps]
measure = "days_since"
event = "setup_step_done"
good = "down"
label = { ja = "導入作業の最後の進みからの日数", en = "Days since the set-up last moved on" }

[features.setup_trouble]
measure = "count"
event = "setup_step_failed"
window_days = 28
good = "down"
label = { ja = "導入作業でつまずいた回数", en = "Set-up steps that failed" }

[features.access_requests]
measure = "count"
event = "access_requested"
window_days = 28
good = "down"
label = { ja = "管理者への権限の申請数", en = "Requests for access" }

[features.errors]
measure = "count"
event = "error_shown"
window_days = 28
good = "down"
label = { ja = "画面に出たエラーの数", en = "Errors shown" }

[features.administration_work]
measure = "count"
event = "members_managed"
window_days = 28
good = "up"
label = { ja = "管理者の作業の回数", en = "Administrator's work" }

[features.core_work]
measure = "count"
event = ["task_created", "task_completed", "comment"]
window_days = 28
against = "own_past"
periods = 6
good = "up"
label = { ja = "主要な作業の回数", en = "Core work" }

[features.administration]
measure = "days_since"
event = "members_managed"
good = "down"
label = { ja = "管理者の最後の作業からの日数", en = "Days since the administrator's last work" }

[features.plan_visits_quarter]
measure = "count"
event = "plan_viewed"
window_days = 90
good = "down"
label = { ja = "契約・料金ページの閲覧数（直近90日）", en = "Price page visits, last 90 days" }

[features.exports_quarter]
measure = "count"
event = "export"
window_days = 90
good = "none"
label = { ja = "データ書き出し数（直近90日）", en = "Exports, last 90 days" }

[features.api_calls_quarter]
measure = "count"
event = "api_call"
window_days = 90
good = "up"
label = { ja = "APIを呼び出した回数（直近90日）", en = "Times the API was called, last 90 days" }

[features.setup_trouble_quarter]
measure = "count"
event = "setup_step_failed"
window_days = 90
good = "down"
label = { ja = "導入作業でつまずいた回数（直近90日）", en = "Set-up failures, last 90 days" }

[features.access_requests_quarter]
measure = "count"
event = "access_requested"
window_days = 90
good = "down"
label = { ja = "管理者への権限の申請数（直近90日）", en = "Requests for access, last 90 days" }

[features.errors_quarter]
measure = "count"
event = "error_shown"
window_days = 90
good = "down"
label = { ja = "画面に出たエラーの数（直近90日）", en = "Errors shown, last 90 days" }

[features.administration_work_quarter]
measure = "count"
event = "members_managed"
window_days = 90
good = "up"
label = { ja = "管理者の作業の回数（直近90日）", en = "Administrator's work, last 90 days" }
"""


def refuse_to_overwrite(path: Path) -> None:
    """Raise PlanError where ``path`` is a settings file that the simulator did not write."""
    if path.exists() and not path.read_text(encoding="utf-8").startswith(_FIRST_LINE):
        raise PlanError(
            "a folder without settings of your own", f"{path}", "Choose another folder."
        )


def settings_text(plan: CompanyPlan, tables: list[str]) -> str:
    """Return the settings file for the tables that were written; ``truth`` is no input."""
    first = (plan.start + timedelta(days=182)).replace(day=1)
    head = _HEAD.format(
        kind=plan.format,
        end=plan.end.isoformat(),
        horizon=plan.horizon_days,
        first=min(first, plan.end).isoformat(),
    )
    mapped = "".join(
        f'\n[tables.{name}]\nfile = "{name}.{plan.format}"\n' for name in tables if name != "truth"
    )
    return head + mapped + _FEATURES
