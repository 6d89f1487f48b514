"""Names of the industries that come as codes; any other stays as it was written."""

from features.catalog import Language
from serving.pages.language import translations


def _marked(message: str) -> str:
    """Mark a message for the catalogue."""
    return message


N_ = _marked

INDUSTRIES = {
    "software": N_("Software"),
    "saas": N_("Software"),
    "it": N_("IT services"),
    "manufacturing": N_("Manufacturing"),
    "finance": N_("Finance"),
    "retail": N_("Retail"),
    "healthcare": N_("Healthcare"),
    "education": N_("Education"),
    "logistics": N_("Logistics"),
    "construction": N_("Construction"),
    "real_estate": N_("Real estate"),
    "staffing": N_("Staffing"),
    "advertising": N_("Advertising"),
    "media": N_("Media"),
    "hospitality": N_("Hospitality"),
    "food": N_("Food"),
    "energy": N_("Energy"),
    "professional_services": N_("Professional services"),
    "public": N_("Public sector"),
}


def message(code: str) -> str:
    """Return the message id for an industry code, or the text itself."""
    return INDUSTRIES.get(code.lower(), code)


def word(code: str, language: Language) -> str:
    """Return what an industry is called outside a page.

    >>> word("real_estate", "ja"), word("Fisheries", "ja")
    ('不動産', 'Fisheries')
    """
    return translations(language).gettext(message(code)) if code else code
