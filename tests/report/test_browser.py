"""A report in a real browser: quiet, whole, readable, on a desk, on a phone, in the dark and on paper."""

import re

import pytest

from report.browser import open_browser, seen

PICTURES = {
    "markers": 12,
    "embedding": 2,
    "hidden": 2,
    "genes": 1,
    "coverage": 2,
    "zeros": 1,
    "sizes": 1,
    "made": 0,
    "terms": 0,
}
LEAST = {"markers": 270}  # three beside each other


@pytest.fixture(scope="module")
def browser():
    with open_browser() as opened:
        yield opened


@pytest.mark.parametrize("width", [1100, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_fetched_and_nothing_complained_of(browser, report, width, scheme):
    with seen(browser, report, width=width, scheme=scheme) as found:
        found.open_all()
        found.page.mouse.wheel(0, 20000)
        assert found.requests == [report.as_uri()]
        assert found.complaints == []


def test_a_page_that_breaks_its_own_rules_is_seen(browser, report, tmp_path):
    broken = tmp_path / "broken.html"
    text = report.read_text().replace("<header>", "<header><script>alert(1)</script><p style='color:red'>x</p>", 1)
    broken.write_text(text.replace("<footer>", "<footer><img src='https://attacker.example/x.png'>", 1))
    with seen(browser, broken) as found:
        assert sum("Content Security Policy" in complaint for complaint in found.complaints) == 3


@pytest.mark.parametrize(("width", "least"), [(1100, 400), (390, 300)])
def test_every_picture_is_there_and_large_enough(browser, report, width, least):
    with seen(browser, report, width=width) as found:
        for name, number in PICTURES.items():
            pictures = found.page.locator(f"#{name} figure svg[role=img]")
            assert pictures.count() == number, name
            for picture in pictures.all():
                box = picture.bounding_box()
                assert box["width"] >= min(least, LEAST.get(name, least)), name
                assert box["height"] >= min(least, LEAST.get(name, least)) / 2, name
                assert len(picture.get_attribute("aria-label").split()) > 4
                assert picture.locator("path, image").count() > 2
        assert found.ask("clipped()") == []


@pytest.mark.parametrize("width", [390, 320])
def test_a_phone_scrolls_one_way_only(browser, report, hostile, typed, width):
    for path in (report, hostile[0], typed[0]):
        with seen(browser, path, width=width) as found:
            found.open_all()
            assert found.page.evaluate("document.documentElement.scrollWidth") <= width
            assert found.ask("beyond()") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_stands_out(browser, report, scheme):
    with seen(browser, report, scheme=scheme) as found:
        found.open_all()
        contrasts = found.ask("contrasts()")
        assert len(contrasts) > 300
        assert [pair for pair in contrasts if pair[1] < 4.5] == []
        assert {"Beware.", "cells looked at", "count that was hidden"} <= {text for text, _ in contrasts}


def test_pale_text_is_seen(browser, tmp_path):
    page = tmp_path / "pale.html"
    page.write_text("<body style='background:#fff'><p style='color:#999'>pale</p><p>dark</p>")
    with seen(browser, page) as found:
        measured = dict(found.ask("contrasts()"))
    assert measured["pale"] == pytest.approx(2.85, abs=0.01)
    assert measured["dark"] == 21


def test_the_keyboard_goes_through_the_page_in_its_order(browser, report):
    with seen(browser, report) as found:
        assert found.page.locator("[tabindex]:not([tabindex='0']):not([tabindex='-1'])").count() == 0
        met = []
        for _ in range(160):
            found.page.keyboard.press("Tab")
            tag, what, outline = found.ask("focused()")
            if tag == "BODY" or (met and (tag, what) == met[0]):
                break
            assert outline != "none", what
            met.append((tag, what))
        links = [what for tag, what in met if tag == "A" and not what.startswith("#term-")]
        assert links == ["#verdict", *(f"#{name}" for name in PICTURES)]
        explained = [what for tag, what in met if tag == "A" and what.startswith("#term-")]
        assert len(explained) > 10
        every = {link.get_attribute("href") for link in found.page.locator("a.term").all()}  # some are folded
        assert set(explained) <= every
        assert len(every) == found.page.locator("#terms dt").count()
        folded = [what for tag, what in met if tag == "SUMMARY"]
        assert folded == [text.strip() for text in found.page.locator("summary").all_inner_texts()]
        assert [tag for tag, _ in met[: len(links)]] == ["A"] * len(links)


def test_a_word_leads_to_its_explanation(browser, report):
    with seen(browser, report, width=390) as found:
        word = found.page.locator("#markers a.term").first
        word.click()
        anchor = word.get_attribute("href")
        there = found.page.locator(anchor)
        assert there.locator("dd").inner_text().strip().endswith(".")
        near = "(id) => Math.abs(document.querySelector(id).getBoundingClientRect().top) < 900"
        found.page.wait_for_function(near, arg=anchor)
        assert len({link.get_attribute("href") for link in found.page.locator("#markers a.term").all()}) == (
            found.page.locator("#markers a.term").count()
        )


def test_keys_unfold_tables_and_skip_to_the_verdict(browser, report):
    with seen(browser, report) as found:
        found.page.keyboard.press("Tab")
        found.page.keyboard.press("Enter")
        assert found.page.evaluate("document.activeElement.id") == "verdict"
        first = found.page.locator("details").first
        first.locator("summary").focus()
        assert not first.locator("table").is_visible()
        found.page.keyboard.press("Enter")
        assert first.locator("table").is_visible()


def test_it_prints_with_all_tables_on_white(browser, report, tmp_path):
    with seen(browser, report, scheme="dark") as found:
        found.page.emulate_media(media="print")
        assert all(table.bounding_box()["height"] > 20 for table in found.page.locator("table").all())
        assert found.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert [pair for pair in found.ask("contrasts()") if pair[1] < 4.5] == []
        assert not found.page.locator("nav").is_visible()
        printed = found.page.pdf(format="A4")
        assert printed.startswith(b"%PDF")
        assert 2 < len(re.findall(rb"/Type\s*/Page\b", printed)) < 18


@pytest.mark.parametrize("width", [1100, 390])
def test_hostile_names_are_shown_and_nothing_else(browser, hostile, width):
    path, _ = hostile
    with seen(browser, path, width=width) as found:
        found.open_all()
        assert found.complaints == []
        assert found.requests == [path.as_uri()]
        assert found.page.title().startswith("human-pbmc")
        assert found.page.evaluate("document.scripts.length") == 0
        assert found.page.locator("img, iframe, object, embed, form").count() == 0
        text = found.page.inner_text("body")
        assert "<script>document" in text
        assert "${{ 7*7 }}" in text
        assert "\u202e" not in text
        for name, number in PICTURES.items():
            assert found.page.locator(f"#{name} figure svg[role=img]").count() == number
        assert [pair for pair in found.ask("contrasts()") if pair[1] < 4.5] == []
