"""How the columns of the views are called, in Japanese and English, for definitions."""

from features.catalog import Words
from features.measures import Measured
from features.named import Named

_KINDS = {"nps": "NPS", "csat": "CSAT"}

HELD = {
    "tenure_days": Words("契約期間の日数", "days since the present spell began"),
    "start_day": Words("現在の契約期間の開始日", "the first day of the present spell"),
    "past_spells": Words("過去の契約期間の数", "earlier spells"),
    "plan": Words("プラン", "the plan of the latest running contract"),
    "seats": Words("契約中のライセンス数", "seats of the running contracts"),
    "mrr_cents": Words("月額利用料", "recurring revenue of the running contracts"),
    "days_to_renewal": Words("更新日までの日数", "days from as_of to the renewal"),
    "term_months": Words("契約の月数", "months of the latest running contract"),
    "auto_renew": Words("自動更新かどうか", "whether the latest running contract renews by itself"),
}
"""Facts of the live account."""

PHRASES = {
    ("days", "events"): Words("利用回数", "uses"),
    ("days", "active"): Words("利用のあった日数", "days with use"),
    ("days", "duration_ms"): Words("利用時間", "time of use"),
    ("days", "first_day"): Words("最初に利用した日", "the first day of use"),
    ("days", "last_day"): Words("最後に利用した日", "the last day of use"),
    ("days", "quantity"): Words("数量の合計", "total quantity"),
    ("days", "squares"): Words("日ごとの利用回数の2乗の和", "the sum of each day's uses squared"),
    ("days", "names"): Words("使われたイベント名の数", "different names of events"),
    ("last_day", "day"): Words("最後に利用した日", "the last day of use"),
    ("users", "users"): Words("利用者数", "users"),
    ("earlier_users", "users"): Words("利用者数", "users"),
    ("earlier_users", "kept"): Words(
        "直近28日にも利用した利用者数", "users there in the last 28 days as well, of those"
    ),
    ("contracts", "plan_change"): Words("プラン変更の回数", "changes of plan"),
    ("contracts", "renewal"): Words("更新の回数", "renewals"),
    ("tickets", "tickets"): Words("問い合わせ件数", "tickets opened"),
    ("tickets", "day"): Words("最後の問い合わせの日", "the day of the last ticket"),
    ("tickets", "open"): Words("未解決の問い合わせ件数", "tickets not resolved by as_of"),
    ("tickets", "open_day"): Words(
        "最も古い未解決の問い合わせの日", "the day the oldest open ticket was opened"
    ),
    ("tickets", "resolved"): Words("解決した問い合わせ件数", "tickets resolved by as_of"),
    ("tickets", "resolution_ms"): Words("解決までの時間", "time to resolution"),
    ("tickets", "csat"): Words("問い合わせの評価の合計", "the sum of ratings of tickets"),
    ("tickets", "rated"): Words("評価のある問い合わせ件数", "rated tickets"),
    ("tickets", "urgent"): Words("優先度の高い問い合わせ件数", "tickets of high priority"),
    ("tickets", "category"): Words("問い合わせの種類の数", "different categories of tickets"),
    ("surveys", "answers"): Words("アンケートの回答数", "answers"),
    ("surveys", "day"): Words("最後の回答の日", "the day of the last answer"),
    ("surveys", "newest"): Words("最新の回答", "the latest answer"),
    ("surveys", "before_newest"): Words(
        "同じ種類の前回の回答", "the answer of the same kind before it"
    ),
    ("messages", "email_sent"): Words("送信したメールの数", "e-mails sent"),
    ("messages", "email_open"): Words("開封されたメールの数", "e-mails opened"),
    ("messages", "email_click"): Words("メールのクリック数", "clicks in e-mails"),
    ("messages", "event_invited"): Words("イベントへの招待数", "invitations to events"),
    ("messages", "event_attended"): Words("イベントへの参加数", "events attended"),
    ("messages", "community_post"): Words("コミュニティへの投稿数", "posts in the community"),
    ("messages", "meeting"): Words("打ち合わせの回数", "meetings"),
    ("messages", "inbound"): Words("顧客からの連絡数", "messages from the customer"),
    ("last_messages", "meeting"): Words("最後の打ち合わせの日", "the day of the last meeting"),
    ("last_messages", "inbound"): Words(
        "顧客からの最後の連絡の日", "the day of the last message from the customer"
    ),
    ("invoices", "due"): Words("期日を過ぎた請求の数", "invoices fallen due"),
    ("invoices", "late"): Words("支払いが遅れた請求の数", "invoices paid late or overdue"),
    ("invoices", "settled"): Words("期日が来て支払い済みの請求の数", "invoices due and paid"),
    ("invoices", "delay"): Words("期日から支払いまでの日数の合計", "days from due to paid"),
    ("invoices", "overdue_day"): Words(
        "最も古い未払い請求の期日", "the due day of the oldest overdue invoice"
    ),
    ("invoices", "overdue_cents"): Words("期日を過ぎた未払い額", "the amount overdue"),
    ("invoices", "unpaid_cents"): Words("未払い額", "the amount unpaid"),
    ("learning", "course"): Words("受講した講座の数", "different courses begun"),
    ("learning", "completed_course"): Words("修了した講座の数", "different courses completed"),
    ("learning", "hands_on"): Words("ハンズオンの受講回数", "hands-on sessions"),
    ("learning", "day"): Words("最後の受講の日", "the day of the last course"),
}
"""What an aggregate of a view's column is."""


def phrase(leaf: Measured) -> Words:
    """Return what an aggregate is, without its window."""
    if isinstance(leaf, Named):
        return _of_named(leaf)
    known = PHRASES.get((leaf.view, leaf.column))
    return known or _patterned(leaf.view, leaf.column)


def _patterned(view: str, column: str) -> Words:
    """Return what a column is whose name has a part that varies."""
    kind, _, part = column.partition(":")
    if part and kind in ("n", "q"):
        ja, en = ("回数", "count") if kind == "n" else ("数量の合計", "total quantity")
        return Words(f"イベント「{part}」の{ja}", f"{en} of event {part}")
    if part and kind == "category":
        return Words(f"種類が{part}の問い合わせ件数", f"tickets of category {part}")
    name, _, what = column.rpartition("_")
    if column in _KINDS:
        return Words(f"{_KINDS[column]}の回答の合計", f"the sum of {_KINDS[column]} answers")
    if name in _KINDS and view == "surveys":
        of_kind = _KINDS[name]
        return {
            "answers": Words(f"{of_kind}の回答数", f"{of_kind} answers"),
            "newest": Words(f"最新の{of_kind}の回答", f"the latest {of_kind} answer"),
            "before": Words(f"前回の{of_kind}の回答", f"the {of_kind} answer before it"),
            "day": Words(f"最新の{of_kind}の回答の日", f"the day of the latest {of_kind} answer"),
        }[what]
    if view == "contracts" and what == "ago":
        held, _, days = name.rpartition("_")
        number = days.removesuffix("d")
        ja, en = (
            ("月額利用料", "recurring revenue")
            if held == "mrr_cents"
            else (
                "ライセンス数",
                "seats",
            )
        )
        return Words(f"{number}日前の{ja}", f"{en} {number} days before as_of")
    return Words(f"{view}の{column}", f"{column} of {view}")


def _of_named(leaf: Named) -> Words:
    """Return what an aggregate of chosen events is."""
    ja = "「" + "」「".join(leaf.events) + "」" if leaf.events else "全利用"
    en = " or ".join(leaf.events) if leaf.events else "all use"
    if leaf.view == "named_users":
        of_all = f"イベント{ja}" if leaf.events else ja
        return {
            "distinct": Words(f"{of_all}の利用者数", f"users of {en}"),
            "max": Words(f"{of_all}が最も多い利用者の回数", f"the busiest user's count of {en}"),
            "sum": Words(f"利用者のわかる{of_all}の回数", f"count of {en} whose user is known"),
        }[leaf.how]
    return (
        {
            "n": Words(f"イベント{ja}の回数", f"count of event {en}"),
            "q": Words(f"イベント{ja}の数量の合計", f"total quantity of event {en}"),
            "d": Words(f"イベント{ja}のあった日数", f"days with event {en}"),
            "first": Words(
                f"現在の契約期間で最初にイベント{ja}のあった日",
                f"the first day of event {en} in the present spell",
            ),
            "last": Words(f"最後にイベント{ja}のあった日", f"the last day of event {en}"),
        }[leaf.column]
        if leaf.view != "named_names"
        else Words(f"イベント{ja}のうち使われた名前の数", f"how many of the events {en} were seen")
    )
