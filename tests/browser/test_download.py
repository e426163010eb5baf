"""The transcript, as the teacher's own browser saves it."""

import csv
import datetime
import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

SAID = ["hello", "two\nlines", '<script>document.title = "acted"</script><b>bold</b>', "=1+1"]


@pytest.fixture
def ada(meet):
    ada = meet("Ada")
    for number, text in enumerate(SAID, 1):
        ada.say(text)
        ada.expect_log(*SAID[:number])
    ada.open_people()
    return ada


def save(participant, form: str) -> Path:
    with participant.page.expect_download() as download:
        participant.people.get_by_role("link", name=form).click()
    assert download.value.failure() is None
    return download.value.path()


def test_the_files_for_people_and_programs_have_all_that_was_said(ada):
    markdown = save(ada, "Markdown").read_text(encoding="utf-8")
    for text in ("Ada", "hello", "two", "lines", "bold"):
        assert text in markdown
    assert [
        row["text"] for row in json.loads(save(ada, "JSON").read_text(encoding="utf-8"))
    ] == SAID
    with save(ada, "CSV").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["text"] for row in rows] == [*SAID[:3], "'=1+1"]
    assert {row["name"] for row in rows} == {"Ada"}


def test_markup_in_a_message_stays_text_in_the_page_that_is_saved(ada, context, tmp_path):
    saved = tmp_path / "saved.html"
    saved.write_bytes(save(ada, "HTML").read_bytes())
    page = context.new_page()
    page.goto(saved.as_uri())
    body = page.locator("body").inner_text()
    assert all(line in body for text in SAID for line in text.splitlines())
    assert page.title() != "acted"
    assert page.locator("b").count() == 0


def test_the_page_that_is_saved_has_the_times_of_its_readers_time_zone(ada, new_context, tmp_path):
    saved = tmp_path / "saved.html"
    saved.write_bytes(save(ada, "HTML").read_bytes())
    page = new_context(timezone_id="Asia/Kolkata", locale="en-GB").new_page()
    page.goto(saved.as_uri())
    expect(page.locator("footer")).to_contain_text("4 messages by Ada")
    expect(page.locator("#zone")).to_have_text(
        "those of Asia/Calcutta, the time zone of this computer"
    )
    first = page.locator("li time").first
    utc = datetime.datetime.fromisoformat(first.get_attribute("datetime").replace("Z", "+00:00"))
    local = utc.astimezone(datetime.timezone(datetime.timedelta(hours=5, minutes=30)))
    expect(first).to_contain_text(f"{local:%H:%M:%S}")
