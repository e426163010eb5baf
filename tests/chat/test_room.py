"""Names and who is here, over the WebSocket and by the form."""

import asyncio
import json

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from chatdemo.chat import members, receipts
from chatdemo.chat.sqlite_stored_rooms import SQLiteStoredRooms
from tests.chat.conftest import ROOMS
from tests.chat.test_consumers import Participant, channel_layer_of_its_own  # noqa: F401


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(members, "REPORT_DELAY_SECONDS", 0.01)
    monkeypatch.setattr(members, "LEAVE_DELAY_SECONDS", 0.02)
    monkeypatch.setattr(receipts, "REPORT_DELAY_SECONDS", 0.01)


class Browser:
    """A browser with cookies of its own, which has been on the room's page."""

    async def __aenter__(self):
        self.client = Client()
        await self.get("/chat/lobby/")
        return self

    async def __aexit__(self, *_):
        pass

    def get(self, path):
        return sync_to_async(self.client.get)(path)

    def call_oneself(self, name):
        return sync_to_async(self.client.post)("/chat/lobby/name/", {"name": name})

    def tab(self):
        cookie = f"chatdemo_sessionid={self.client.cookies['chatdemo_sessionid'].value}".encode()
        return Page(headers=[(b"cookie", cookie)], subprotocols=["chatdemo"])


class Page(Participant):
    """A participant that takes events."""

    async def event(self, name):
        while (frame := await self.gets()).get("event") != name:
            pass
        return frame

    async def frame(self):
        while "message" not in (frame := await self.gets()):
            pass
        return frame


async def test_a_page_is_told_who_is_here():
    async with Browser() as ada, Browser() as ben, ada.tab() as one:
        assert await one.event("welcome") == {
            "event": "welcome",
            "history": "",
            "here": ["Guest"],
            "you": "Guest",
        }
        async with ben.tab() as two:
            welcome = await two.event("welcome")
            assert (welcome["here"], welcome["you"]) == (["Guest", "Guest (2)"], "Guest (2)")
            came = []
            while "Guest (2)" not in came:
                came += (await one.event("people"))["came"]
        assert (await one.event("people"))["left"] == ["Guest (2)"]


async def test_the_rooms_where_somebody_is_are_listed_with_their_people():
    async with Browser() as ada, Browser() as ben, ada.tab() as one, ada.tab() as same:
        async with ben.tab() as two, Participant("/ws/chat/small/") as script:
            for page in (one, same, two):
                await page.event("welcome")
            await script.say("hello")
            await script.gets()
            assert ROOMS.with_people() == [("lobby", 2), ("small", 1)]


async def test_a_page_that_came_before_the_first_message_can_learn_the_historys_key():
    async with Browser() as ada, ada.tab() as one:
        await one.say("hello")
        await one.frame()
        key = json.loads((await ada.get("/chat/lobby/messages/?before=1")).content)["history"]
        async with ada.tab() as again:
            assert (await again.event("welcome"))["history"] == key != ""
        assert (await ada.get("/chat/lobby/")).context["past"]["history"] == key


async def test_a_page_that_comes_back_hears_whom_it_has_reached():
    async with Browser() as ada, Browser() as ben, ada.tab() as one, ben.tab() as two:
        for page in (one, two):
            await page.event("welcome")
        await one.say("hello")
        seq = (await two.frame())["seq"]
        await two.send_json_to({"got": seq})
        while (await one.event("reached"))["counts"] != [[seq, 1, 1]]:
            pass
        async with ada.tab() as three:
            assert (await three.event("reached"))["counts"] == [[seq, 1, 1]]


async def test_in_a_room_whose_messages_were_deleted_receipts_start_again():
    async with Browser() as ada, Browser() as ben, ada.tab() as one, ben.tab() as two:
        for page in (one, two):
            await page.event("welcome")
        for _ in range(2):
            await one.say("hello")
            await two.frame()
        assert SQLiteStoredRooms(ROOMS.log.writer.name).forget("lobby") == (2, True)
        room = next(iter(ROOMS))
        assert room.last_seq == 2
        await one.say("hello again")
        with pytest.raises(AssertionError, match="websocket.close"):  # pages load it again
            while True:
                await two.gets()
        assert room.last_seq == 1
        assert room.receipts.counts(next(iter(room.members.present))) == [[1, 0, 1]]


async def test_a_name_goes_with_each_message_from_then_on():
    async with Browser() as ada, ada.tab() as one:
        await one.say("as a guest")
        assert (await one.frame())["name"] == "Guest"
        response = await ada.call_oneself(" Ada ")
        assert response.status_code == 204
        while not (await one.event("people"))["renamed"]:
            pass
        await one.say("as Ada")
        assert (await one.frame())["name"] == "Ada"
    async with ada.tab() as again:
        assert (await again.event("welcome"))["you"] == "Ada"


async def test_a_name_given_while_a_page_joins_is_its_name(monkeypatch):
    async with Browser() as ada:
        read_numbers, statuses = ROOMS.log.name_numbers, []

        def name_oneself_meanwhile(room, person, name):
            if not statuses:
                statuses.append(ada.client.post("/chat/lobby/name/", {"name": "Ada"}).status_code)
            return read_numbers(room, person, name)

        monkeypatch.setattr(ROOMS.log, "name_numbers", name_oneself_meanwhile)
        async with ada.tab() as one:
            assert (await one.event("welcome"))["you"] == "Ada"
        assert statuses == [204]


async def test_a_name_given_after_the_session_was_read_is_the_name(monkeypatch):
    async with Browser() as ada:
        person = await sync_to_async(lambda: ada.client.session["person"])()
        enter = ROOMS.enter

        def name_oneself_before(*args):
            ROOMS.rename_here(person, "Ada")
            return enter(*args)

        monkeypatch.setattr(ROOMS, "enter", name_oneself_before)
        async with ada.tab() as one:
            assert (await one.event("welcome"))["you"] == "Ada"


async def test_the_inspector_is_told_the_name_that_a_room_shows_now():
    async with Browser() as ada, ada.tab() as one:
        await one.event("people")
        [room] = ROOMS
        [person] = room.members.present
        scope = {"url_route": {"kwargs": {"room_name": "lobby"}}, "session": {"person": person}}
        assert ROOMS.name_of(scope) == "Guest"
        await ada.call_oneself("Ada")
        await one.event("people")
        assert ROOMS.name_of(scope) == "Ada"
        assert ROOMS.name_of(scope | {"session": {}}) is None
        assert ROOMS.name_of({}) is None


async def test_namesakes_who_never_meet_are_told_apart():
    async with Browser() as ada, Browser() as other, Browser() as third:
        names = []
        for browser in (ada, other, third, ada):
            await browser.call_oneself("Ada" if browser is not third else "Eve")
            async with browser.tab() as tab:
                await tab.say("hello", id="x" * (len(names) + 1))
                names.append((await tab.frame())["name"])
            while list(ROOMS):
                await asyncio.sleep(0.01)
        assert names == ["Ada", "Ada (2)", "Eve", "Ada"]
        async with third.tab() as tab:
            await tab.event("people")
            await third.call_oneself("ADA")
            assert (await tab.event("people"))["renamed"] == [["Eve", "ADA (3)"]]


async def test_clients_without_the_subprotocol_hear_of_messages_alone():
    async with Browser() as ada, Participant() as plain, ada.tab() as one:
        await one.event("people")
        await one.say("hello")
        assert (await plain.gets())["message"] == "hello"


async def test_what_is_no_name_is_refused_with_the_reason():
    async with Browser() as ada:
        response = await ada.call_oneself("\u200b")
        assert (response.status_code, response.content.decode()) == (
            400,
            "That name would be invisible. Use letters.",
        )


async def test_the_form_needs_its_token():
    client = Client(enforce_csrf_checks=True)
    response = await sync_to_async(client.post)("/chat/lobby/name/", {"name": "Ada"})
    assert response.status_code == 403


async def test_a_page_has_what_was_said_and_whose_it_is():
    async with Browser() as ada, Browser() as ben, ada.tab() as one:
        await one.say("</script><b>hello</b>", id="x")
        await one.frame()
        pasts = [(await browser.get("/chat/lobby/")).context["past"] for browser in (ada, ben)]
        assert [past["messages"][0]["own"] for past in pasts] == [True, False]
        assert "id" not in pasts[0]["messages"][0]
        assert b"</script><b>" not in (await ben.get("/chat/lobby/")).content


async def test_older_messages_come_by_their_number():
    async with Browser() as ada, ada.tab() as one:
        for number in range(60):
            await one.say(str(number))
            await one.frame()
        past = (await ada.get("/chat/lobby/")).context["past"]
        assert [len(past["messages"]), past["messages"][0]["seq"], past["more"]] == [50, 11, True]
        older = json.loads((await ada.get("/chat/lobby/messages/?before=11")).content)
        assert [message["seq"] for message in older["messages"]] == list(
            range(1, 11)
        ) and not older["more"]
        for wrong in ("", "x", "-1", "9" * 16):
            assert (await ada.get(f"/chat/lobby/messages/?before={wrong}")).status_code == 400


async def test_the_session_s_key_is_nowhere_to_be_seen():
    async with Browser() as ada, ada.tab() as one:
        await one.say("hello", id="x")
        frame = await one.frame()
        key = ada.client.cookies["chatdemo_sessionid"].value
        page = (await ada.get("/chat/lobby/")).content.decode()
        assert key not in json.dumps(frame) and key not in page
        person = await sync_to_async(lambda: ada.client.session["person"])()
        assert person not in json.dumps(frame) + page
        assert ada.client.cookies["chatdemo_sessionid"]["httponly"]
        assert ada.client.cookies["chatdemo_sessionid"]["samesite"] == "Lax"
