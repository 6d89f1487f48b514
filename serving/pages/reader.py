"""The one a page is made for: language, numbers and how signals are called there."""

from collections.abc import Mapping
from dataclasses import dataclass

from features.catalog import Feature, Language
from serving.pages.language import translations
from serving.pages.numbers import Numbers
from serving.pages.signals import Signals
from serving.words import band_word
from training.bundle import Bundle


@dataclass(frozen=True)
class Reader:
    """Says messages, numbers and signals in one language."""

    language: Language
    numbers: Numbers

    def say(self, message: str, **values: object) -> str:
        """Return ``message`` in the reader's language with ``values`` in it."""
        said = translations(self.language).gettext(message)
        return said % values if values else said.replace("%%", "%")

    def band(self, band: str) -> str:
        """Return the word of a band."""
        return band_word(band, self.language)

    def signals(self, bundle: Bundle) -> Signals:
        """Return the words of a model's features."""
        features: Mapping[str, Feature] = {feature.name: feature for feature in bundle.features}
        return Signals(features, bundle.categories, self.language, self.numbers.currency)
