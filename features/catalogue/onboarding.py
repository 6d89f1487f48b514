"""I21: set up, learned, taken by the hand."""

from features.catalogue.declaration import Declaration, declare
from features.measures import DaysSince, Held, Known, Measured, Minus, Share
from features.named import Named

_DONE = Named("first_named", "first", how="min", empty=None, events=("setup_completed",))
_NEEDS = ("events", "events.event=setup_completed")
_SETUP = (
    declare(
        "setup_done",
        Known(_DONE),
        group="onboarding",
        indicator="I21",
        unit="truth",
        good="up",
        needs=_NEEDS,
        label=("初期設定の完了", "Initial set-up done"),
        worse=("初期設定が終わっていない", "The initial set-up is not finished"),
        better=("初期設定が終わっている", "The initial set-up is finished"),
        missing_means="Never missing: 1 where it was completed in the present spell, else 0.",
    ),
    declare(
        "days_to_setup",
        Minus(_DONE, Held("start_day")),
        group="onboarding",
        indicator="I21",
        unit="days",
        good="down",
        needs=_NEEDS,
        label=("初期設定にかかった日数", "Days until the set-up was done"),
        worse=("初期設定に時間がかかった", "The set-up took long"),
        better=("初期設定がすぐに終わった", "The set-up was done quickly"),
        missing=("初期設定が未完了", "The initial set-up is not finished"),
        missing_means="Missing until the set-up is completed in the present spell.",
    ),
)


_COMPLETED = Measured("learning", "completed_course", how="distinct")
_COURSES = (
    declare(
        "courses_started",
        Measured("learning", "course", how="distinct"),
        group="onboarding",
        indicator="I21",
        unit="count",
        good="up",
        needs=("learning",),
        label=("受講した講座の数", "Courses begun"),
        worse=("講座がほとんど受講されていない", "Hardly any course was begun"),
        better=("講座がよく受講されている", "Courses are taken"),
    ),
    declare(
        "courses_completed",
        _COMPLETED,
        group="onboarding",
        indicator="I21",
        unit="count",
        good="up",
        needs=("learning", "learning.completed"),
        label=("修了した講座の数", "Courses completed"),
        worse=("基本操作の講座が修了していない", "The basics have not been learned"),
        better=("基本操作を学び終えている", "The basics have been learned"),
    ),
    declare(
        "course_completion_share",
        Share(_COMPLETED, Measured("learning", "course", how="distinct")),
        group="onboarding",
        indicator="I21",
        unit="share",
        good="up",
        needs=("learning", "learning.completed"),
        label=("講座の修了率", "Share of begun courses completed"),
        worse=("講座が途中で止まっている", "Courses are left unfinished"),
        better=("始めた講座を修了している", "Courses are finished"),
        missing=("講座の受講なし", "No course begun"),
        missing_means="Missing where no course was begun.",
    ),
    declare(
        "hands_on_attended",
        Measured("learning", "hands_on"),
        group="onboarding",
        indicator="I21",
        unit="count",
        good="up",
        needs=("learning", "learning.course=hands_on"),
        label=("ハンズオンの受講回数", "Hands-on sessions attended"),
        worse=("ハンズオンを受けていない", "No hands-on session was attended"),
        better=("ハンズオンを受けている", "A hands-on session was attended"),
    ),
    declare(
        "days_since_learning",
        DaysSince(Measured("learning", "day", how="max", empty=None)),
        group="onboarding",
        indicator="I21",
        unit="days",
        good="down",
        needs=("learning",),
        label=("最後の受講からの日数", "Days since the last course"),
        worse=("しばらく受講がない", "No course for a while"),
        better=("最近も受講している", "A course was taken recently"),
        missing=("講座の受講なし", "No course begun"),
        missing_means="Missing where no course was begun.",
    ),
)


ONBOARDING: tuple[Declaration, ...] = (*_SETUP, *_COURSES)
"""The declarations of the first steps, over ``events`` and ``learning``."""
