"""Templates to answers: one environment per language, the same headers on each page."""

import gzip
import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from features.catalog import Language
from features.settings import Settings
from serving import code_words
from serving.headers import PAGE_POLICY
from serving.pages.charts import (
    answer,
    bars,
    curve,
    history,
    marks,
    reliability,
    scale,
    shares,
    sparkline,
    trend,
)
from serving.pages.language import LANGUAGES, choose, translations
from serving.pages.numbers import Numbers, signed
from serving.pages.roster import BANDS
from serving.words import band_word

HERE = Path(__file__).parent
COOKIE = "lang"
_YEAR = 31_536_000


def account_path(account_id: str) -> str:
    """Return the address of an account's page; an id may hold any character."""
    return f"/accounts/{quote(account_id, safe='')}"


class Renderer:
    """The pages' templates in both languages."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._environments = {language: self._environment(language) for language in LANGUAGES}

    def language(self, request: Request) -> Language:
        """Return the language of the one who asks."""
        return choose(
            _asked(request.query_params),
            request.cookies,
            request.headers.get("accept-language", ""),
            self._settings.company.language,
        )

    def page(
        self,
        request: Request,
        template: str,
        context: Mapping[str, Any],
        status: int = 200,
        *,
        told: bool = True,
    ) -> HTMLResponse:
        """Return one page in the reader's language; a language in the address is remembered.

        Parameters
        ----------
        told : bool
            Whether the page may repeat its address, which can name a customer or be anything: a
            page about what went wrong does not.
        """
        language = self.language(request)
        environment = self._environments[language]
        text = environment.get_template(template).render(
            path=request.scope["path"] if told else "",
            language_url=_language_urls(request) if told else _BY_QUERY,
            caller=request.scope.get("state", {}).get("caller"),
            **context,
        )
        packed = _packed(request, text)
        answer_ = HTMLResponse(
            packed or text,
            status_code=status,
            headers={
                "Content-Security-Policy": PAGE_POLICY,
                "Content-Language": language,
                "Vary": "Accept-Language, Cookie, Accept-Encoding",
                **({"Content-Encoding": "gzip"} if packed else {}),
                "Cache-Control": "private, no-cache",
            },
        )
        if request.query_params.get(COOKIE) == language:
            answer_.set_cookie(COOKIE, language, max_age=_YEAR, samesite="lax", httponly=True)
        return answer_

    def numbers(self, language: Language, currency: str | None = None) -> Numbers:
        """Return the formats of ``language``; without a currency the company's own."""
        return Numbers(language, currency or self._settings.company.currency)

    def _environment(self, language: Language) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
            trim_blocks=True,
            lstrip_blocks=True,
        )
        catalogue = translations(language)
        environment.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]
        environment.globals.update(
            language=language,
            gap="" if language == "ja" else " ",
            company=self._settings.company.name,
            days=self._settings.churn.horizon_days,
            bands=BANDS[:3],
            band_names={band: band_word(band, language) for band in BANDS},
            num=self.numbers(language),
            local=_clock(self._settings.company.timezone),
            signed=signed,
            account_path=account_path,
            industry=lambda code: code_words.value("industry", code or "", language),
            stylesheet=f"/static/kenshin.css?{_version('kenshin.css')}",
            script=f"/static/kenshin.js?{_version('kenshin.js')}",
            **_CHARTS,
        )
        return environment


_CHARTS = {
    "answer_chart": answer.answer,
    "curve_chart": curve.curve,
    "dots": scale.dots,
    "effect_bar": bars.effect_bar,
    "glyph": marks.glyph,
    "history_chart": history.history,
    "length_bar": bars.length_bar,
    "months_chart": curve.months,
    "pair": bars.expected_and_actual,
    "reliability_chart": reliability.reliability,
    "scale": scale.scale,
    "score_bar": bars.score_bar,
    "share_bar": bars.share_bar,
    "sparkline": sparkline.sparkline,
    "stack": bars.stack,
    "trend_chart": trend.trend,
    "two_shares": shares.two_shares,
}


def _asked(query: Mapping[str, str]) -> Mapping[str, str]:
    """Return what the address asks for, or the one that it leads back to after the sign-in."""
    leads_to = urlsplit(query.get("next", "")).query
    return {**dict(parse_qsl(leads_to)), **query}


def _packed(request: Request, text: str) -> bytes | None:
    """Return the page compressed where the browser can read that."""
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return None
    return gzip.compress(text.encode(), compresslevel=5, mtime=0)


def _clock(zone: str) -> Callable[[datetime], datetime]:
    """Return the function that shows a naive UTC instant in the company's zone."""
    return lambda at: at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))


def _version(name: str) -> str:
    """Return a mark that changes with the file, so that browsers may keep it for long."""
    return hashlib.sha256((HERE / "static" / name).read_bytes()).hexdigest()[:10]


_BY_QUERY = {language: f"?{COOKIE}={language}" for language in LANGUAGES}


def _language_urls(request: Request) -> dict[str, str]:
    """Return the address of this page in each language."""
    return {
        language: str(request.url.include_query_params(lang=language).replace(scheme="", netloc=""))
        for language in LANGUAGES
    }
