import csv
import html
import io
import re

import numpy as np
import sqlalchemy as sa

from serving.pages.roster import BANDS, Rosters
from serving.pages.timeline import weekly
from serving.store.schema import runs, scores
from tests.builders.served import Client
from tests.builders.store import Populated

ROW = re.compile(r'<tr><th scope="row"><a href="/accounts/([^"]+)">')
TILE = re.compile(r'class="tile (\w+)".*?class="tile-number">([\d,]+)<', re.S)


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", page)))


def table_of(page: str, kind: str) -> str:
    found = re.search(rf'<table class="{kind}"[^>]*>.*?</table>', page, re.S)
    assert found is not None
    return found.group()


def test_the_tiles_count_the_stored_bands_of_the_latest_run(
    client: Client, company: Populated
) -> None:
    latest = sa.select(runs.c.run_id).order_by(runs.c.as_of.desc()).limit(1).scalar_subquery()
    query = sa.select(scores.c.band, sa.func.count()).where(scores.c.run_id == latest)
    with company.engine.connect() as connection:
        rows = connection.execute(query.group_by(scores.c.band)).all()
    stored = {row[0]: row[1] for row in rows}
    shown = {band: int(n.replace(",", "")) for band, n in TILE.findall(client.get("/").text)}
    assert shown == {band: stored[band] for band in ("red", "yellow", "green")}


def test_the_headline_is_the_sum_of_probability_times_revenue(
    client: Client, company: Populated
) -> None:
    roster = Rosters(company.engine).of(weekly(company.engine)[-1])
    page = plain(client.get("/?lang=en").text)
    loss = float(np.nansum(roster.probability * roster.arr))
    assert f"about ¥{loss / 1e6:.1f}".rstrip("0").rstrip(".") in page
    red = int((roster.band == 0).sum())
    assert f"{red} companies need action" in page


def test_the_moves_add_up_to_the_accounts_present_in_both_weeks(
    client: Client, company: Populated
) -> None:
    timeline = weekly(company.engine)
    now, before = (Rosters(company.engine).of(run) for run in (timeline[-1], timeline[-2]))
    both = [
        account
        for account in now.account_id
        if account in before.place
        and "no_data" not in (BANDS[now.band[now.place[account]]],
                              BANDS[before.band[before.place[account]]])
    ]  # fmt: skip
    cells = re.findall(r'<td class="(?:stay|up|down)">(.*?)</td>', client.get("/").text)
    counts = [int(re.findall(r"\d+", plain(cell).replace(",", ""))[0]) for cell in cells]
    assert len(counts) == 9
    assert sum(counts) == len(both)


def test_every_cell_of_moves_and_heat_leads_to_as_many_companies_as_it_says(
    client: Client,
) -> None:
    page = client.get("/?lang=en").text
    cells = re.findall(r'<td class="(?:up|down)"><a href="([^"#]+)#list">.*?([\d,]+)<span', page)
    cells += [
        (href, n)
        for href, n in re.findall(
            r'<td class="shade\d"><a href="([^"#]+)#list">.*?<span>([\d,]+) cos?\.', page
        )
    ]
    assert len(cells) > 8
    for href, number in cells:
        found = plain(client.get(html.unescape(href) + "&lang=en").text)
        assert re.search(rf"(?<![\d,]){number} compan", found), href


def test_the_pages_of_the_list_show_each_company_once(client: Client, company: Populated) -> None:
    roster = Rosters(company.engine).of(weekly(company.engine)[-1])
    seen: list[str] = []
    for page in range(1, 20):
        text = client.get(f"/?page={page}").text
        seen += ROW.findall(table_of(text, "rows"))
        if 'rel="next"' not in text:
            break
    assert sorted(seen) == sorted(roster.account_id)


def test_a_page_beyond_the_last_shows_the_last(client: Client) -> None:
    text = client.get("/?page=99999").text
    assert ROW.findall(table_of(text, "rows"))
    assert 'rel="next"' not in text


def test_a_filter_that_nobody_meets_says_so(client: Client) -> None:
    page = client.get("/?q=nobody-is-called-so&lang=en")
    assert page.status_code == 200
    assert "No company matches" in page.text


def test_the_download_holds_all_that_match_and_no_formula(
    client: Client, company: Populated
) -> None:
    answer = client.get("/portfolio.csv?band=red")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert rows
    assert {row["band"] for row in rows} == {"red"}
    listed = dict(TILE.findall(client.get("/").text))
    assert len(rows) == int(listed["red"])
    assert all(0 < float(row["churn_probability"]) < 1 for row in rows)


def test_the_language_follows_address_cookie_and_browser(client: Client) -> None:
    asked = client.get("/?lang=en", headers={"Accept-Language": "ja"})
    assert '<html lang="en">' in asked.text
    assert "lang=en" in asked.headers["set-cookie"]
    kept = client.get("/", headers={"Cookie": "lang=en", "Accept-Language": "ja"})
    assert '<html lang="en">' in kept.text
    assert '<html lang="ja">' in client.get("/", headers={"Accept-Language": "ja,en"}).text
    assert {"Accept-Language", "Cookie"} <= set(kept.headers["vary"].split(", "))


def test_the_policy_forbids_anything_inline_and_there_is_nothing_inline(client: Client) -> None:
    for address in ("/", "/accounts/A00002", "/model-check"):
        page = client.get(address)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<[^>]+\sstyle=", page.text)
        assert not re.search(r"<[^>]+\son[a-z]+=", page.text)
        assert not re.search(r"<script(?![^>]*\ssrc=)|<style", page.text)
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page.text)


def test_every_chart_has_a_name_or_is_hidden_beside_its_words(client: Client) -> None:
    for address in ("/", "/accounts/A00002", "/model-check"):
        for tag in re.findall(r"<svg[^>]*>", client.get(address).text):
            named = 'role="img"' in tag and re.search(r'aria-label="[^"]+"', tag)
            assert named or 'aria-hidden="true"' in tag, tag


def test_a_page_weighs_little(client: Client) -> None:
    weight = 0
    for address in ("/", "/static/kenshin.css", "/static/kenshin.js"):
        answer = client.get(address, headers={"Accept-Encoding": "gzip"})
        weight += int(answer.headers["content-length"])
        assert answer.headers["content-encoding"] == "gzip" or len(answer.content) < 1_500
    assert weight < 60_000


def test_a_versioned_file_may_be_kept_and_a_plain_one_not(client: Client) -> None:
    kept = client.get("/static/kenshin.css?abc").headers["cache-control"]
    assert "immutable" in kept
    assert "cache-control" not in client.get("/static/kenshin.css").headers
