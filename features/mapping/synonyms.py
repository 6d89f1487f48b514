"""What tables and columns are called elsewhere, in English and Japanese."""

import re

TABLE_WORDS: dict[str, tuple[str, ...]] = {
    "accounts": (
        "account",
        "customer",
        "client",
        "compan",
        "member",
        "tenant",
        "顧客",
        "会員",
        "企業",
    ),
    "subscriptions": ("subscription", "contract", "licen", "plan", "契約"),
    "identities": ("identit", "merge", "alias", "dedup", "名寄せ", "統合"),
    "events": ("event", "usage", "activit", "log", "click", "session", "利用", "行動", "ログ"),
    "tickets": ("ticket", "support", "case", "inquir", "issue", "問い合わせ", "問合せ"),
    "surveys": ("survey", "nps", "csat", "feedback", "rating", "アンケート"),
    "messages": ("message", "mail", "campaign", "communication", "メール", "メッセージ"),
    "invoices": ("invoice", "bill", "payment", "請求", "入金"),
    "learning": ("learning", "course", "training", "lesson", "講座", "研修"),
    "churns": ("churn", "cancel", "attrition", "解約", "退会"),
    "actions": ("action", "play", "intervention", "施策", "対応履歴"),
    "opinions": ("opinion", "sentiment", "judgement", "judgment", "見立て", "所感"),
}
"""Beginnings of words by which a file's name tells its table."""

ACCOUNT_ID = (
    "account_id",
    "account",
    "customer_id",
    "customer",
    "client_id",
    "company_id",
    "organization_id",
    "organisation_id",
    "org_id",
    "tenant_id",
    "subscriber_id",
    "member_id",
    "cust_id",
    "user_id",
    "id",
    "顧客id",
    "顧客番号",
    "顧客コード",
    "会員id",
    "会員番号",
    "企業id",
)

_TIME = (
    "timestamp",
    "time",
    "datetime",
    "date",
    "at",
    "created_at",
    "ts",
    "日時",
    "日付",
    "発生日時",
)

COLUMN_WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "accounts": {
        "name": (
            "account_name",
            "company_name",
            "customer_name",
            "company",
            "会社名",
            "顧客名",
            "企業名",
        ),
        "name_en": ("english_name", "name_english"),
        "created_at": (
            "created",
            "signup_date",
            "sign_up_date",
            "signed_up_at",
            "registered_at",
            "registration_date",
            "join_date",
            "joined_at",
            "created_date",
            "登録日",
            "登録日時",
            "入会日",
        ),
        "industry": ("sector", "vertical", "業種", "業界"),
        "size": ("company_size", "employees", "segment", "企業規模", "従業員数"),
        "region": ("country", "state", "location", "地域", "国", "都道府県"),
        "owner": ("csm", "account_manager", "account_owner", "担当", "担当者"),
        "parent_id": ("parent_account_id", "parent", "親会社id"),
    },
    "identities": {
        "account_id": (
            "merged_account_id",
            "merged_id",
            "old_account_id",
            "old_id",
            "duplicate_id",
            "source_account_id",
            "統合元",
            "統合元id",
        ),
        "merged_into": (
            "merged_to",
            "surviving_account_id",
            "survivor_id",
            "master_account_id",
            "master_id",
            "new_account_id",
            "target_account_id",
            "統合先",
            "統合先id",
        ),
        "merged_at": ("merge_date", "merged_on", "merged_date", "統合日", "名寄せ日"),
        "unmerged_at": ("unmerge_date", "split_at", "統合解除日"),
    },
    "subscriptions": {
        "started_at": (
            "start_date",
            "start",
            "started",
            "start_at",
            "begin_date",
            "valid_from",
            "開始日",
            "契約開始日",
        ),
        "ended_at": (
            "end_date",
            "end",
            "ended",
            "end_at",
            "valid_to",
            "cancel_date",
            "終了日",
            "契約終了日",
        ),
        "plan": ("plan_name", "plan_tier", "product", "tier", "プラン", "プラン名"),
        "seats": ("quantity", "licenses", "licences", "users", "ライセンス数", "席数"),
        "mrr": ("mrr_amount", "monthly_revenue", "monthly_fee", "price", "月額", "月額料金"),
        "currency": ("currency_code", "通貨"),
        "renews_at": ("renewal_date", "renews_on", "next_renewal", "更新日"),
        "term_months": ("bill_period_months", "contract_months", "契約月数"),
        "auto_renew": ("auto_renewal", "auto_renew_flag", "自動更新"),
        "subscription_id": ("contract_id", "契約id"),
    },
    "events": {
        "occurred_at": ("event_time", "event_date", "event_timestamp", "usage_date", "day", *_TIME),
        "event": (
            "event_name",
            "event_type",
            "feature",
            "feature_name",
            "action",
            "activity",
            "イベント",
            "機能",
        ),
        "user_id": ("user", "userid", "contact_id", "利用者id", "ユーザーid"),
        "quantity": ("usage_count", "count", "n", "value", "数量", "回数"),
        "duration_s": (
            "duration",
            "usage_duration_secs",
            "duration_secs",
            "duration_seconds",
            "seconds",
        ),
        "subscription_id": ("contract_id", "契約id"),
    },
    "tickets": {
        "opened_at": (
            "submitted_at",
            "created_at",
            "opened",
            "open_date",
            "created",
            "受付日時",
            "起票日",
        ),
        "ticket_id": ("case_id", "issue_id", "id", "チケットid"),
        "resolved_at": ("closed_at", "solved_at", "resolved", "close_date", "解決日時", "完了日"),
        "priority": ("severity", "urgency", "優先度"),
        "category": ("type", "topic", "reason", "分類", "カテゴリ"),
        "csat": ("satisfaction_score", "satisfaction", "rating", "満足度"),
        "text": ("body", "description", "subject", "content", "内容", "件名"),
    },
    "surveys": {
        "responded_at": (
            "response_date",
            "answered_at",
            "submitted_at",
            *_TIME,
            "回答日",
            "回答日時",
        ),
        "kind": ("survey_type", "type", "survey", "種別"),
        "rating": ("score", "nps", "nps_score", "csat", "value", "評価", "点数"),
        "comment": ("feedback", "text", "コメント"),
    },
    "messages": {
        "occurred_at": ("sent_at", "message_time", *_TIME, "送信日時"),
        "kind": ("type", "message_type", "event", "channel", "種別"),
        "direction": ("in_out", "方向"),
        "text": ("body", "content", "本文"),
    },
    "invoices": {
        "issued_at": ("invoice_date", "issue_date", "date", "created_at", "請求日", "発行日"),
        "amount": ("total", "invoice_amount", "amount_due", "金額", "請求額"),
        "due_at": ("due_date", "due", "支払期限"),
        "paid_at": ("paid_date", "payment_date", "入金日", "支払日"),
        "currency": ("currency_code", "通貨"),
    },
    "learning": {
        "occurred_at": ("completed_at", "started_at", *_TIME, "受講日"),
        "course": ("course_name", "lesson", "module", "講座", "コース"),
        "completed": ("is_completed", "finished", "passed", "完了"),
    },
    "churns": {
        "churned_at": (
            "churn_date",
            "cancelled_at",
            "canceled_at",
            "cancel_date",
            "left_at",
            "date",
            "解約日",
            "退会日",
        ),
        "reason": ("reason_code", "churn_reason", "解約理由"),
        "voluntary": ("is_voluntary", "自発"),
    },
    "actions": {
        "performed_at": ("done_at", "action_date", *_TIME, "実施日"),
        "play": ("action", "action_type", "playbook", "施策"),
        "by": ("owner", "csm", "performed_by", "担当者"),
        "outcome": ("result", "結果"),
    },
    "opinions": {
        "stated_at": ("opinion_date", "judged_at", *_TIME, "判断日"),
        "opinion": ("sentiment", "csm_sentiment", "csm_health", "judgement", "見立て"),
        "by": ("owner", "csm", "担当者"),
        "note": ("comment", "reason", "メモ"),
    },
}
"""Canonical column → other names for it, most telling first."""

LABELS = (
    "churn",
    "churned",
    "churn_flag",
    "is_churn",
    "is_churned",
    "exited",
    "attrition",
    "left",
    "label",
    "target",
    "churn_label",
    "解約",
    "解約フラグ",
    "退会フラグ",
)
"""Names of the label of a flat table."""

CHURNED = (
    "1",
    "yes",
    "true",
    "y",
    "t",
    "churned",
    "left",
    "exited",
    "attrited customer",
    "解約",
    "退会",
    "はい",
)
STAYED = (
    "0",
    "no",
    "false",
    "n",
    "f",
    "stayed",
    "active",
    "retained",
    "existing customer",
    "継続",
    "在籍",
    "いいえ",
)


def plain(column: str) -> str:
    """Return a name as comparable text: ``CustomerID`` and ``customer id`` are ``customer_id``.

    Examples
    --------
    >>> [plain(name) for name in ("CustomerID", "customer id", "MRR-Amount", "解約日")]
    ['customer_id', 'customer_id', 'mrr_amount', '解約日']
    """
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", column)
    return re.sub(r"[\s\-.]+", "_", parted).strip("_").lower()
