"""The kinds of problems in the reader's language; programs are told in English."""

from dataclasses import replace

from features.catalog import Language
from serving.pages.language import translations
from serving.problems.kinds import Kind


def in_language(kind: Kind, language: Language) -> tuple[Kind, Language]:
    """Return a kind in ``language``, and the language it is in: what is not known is English."""
    say = translations(language, "problems").gettext
    told = replace(kind, title=say(kind.title), meaning=say(kind.meaning), fix=say(kind.fix))
    return told, (language if told != kind else "en")
