"""Who sees what in which order, and that nobody is kept waiting by those who never stop."""

import asyncio
import threading

import pytest
from asgiref.sync import async_to_sync
from channels.layers import channel_layers, get_channel_layer
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.realtime.connections import WAYS, Connection
from tests.support.served import until

pytestmark = pytest.mark.usefixtures("tidy")


def answering(base: type) -> type:
    """Each member answers a question to the whole group."""

    class Answering(base):
        groups = ["room"]

        async def receive(self, text_data=None, bytes_data=None):
            await self.channel_layer.group_send("room", {"type": "question", "text": text_data})

        async def question(self, event):
            await self.send(event["text"])
            await self.channel_layer.group_send("room", {"type": "answer"})

        async def answer(self, event):
            await self.send("answer")

    return Answering


async def test_everyone_sees_a_question_before_its_answers(way):
    consumer = answering(way.base)
    async with (
        Connection(way, consumer) as ana,
        Connection(way, consumer) as ben,
        Connection(way, consumer) as eve,
    ):
        ben.say("question?")
        for one in (ana, ben, eve):
            assert await one.hears(4) == ["question?", "answer", "answer", "answer"]


async def test_those_who_answer_each_other_for_ever_let_all_others_go_on(way):
    class Endless(way.base):
        groups = ["room"]

        async def receive(self, text_data=None, bytes_data=None):
            await self.send(text_data)

        async def rally(self, event):
            if event["from"] != self.channel_name:
                await self.channel_layer.group_send(
                    "room", {"type": "rally", "from": self.channel_name}
                )

    async with Connection(way, Endless) as ana, Connection(way, Endless) as ben:
        await get_channel_layer().group_send("room", {"type": "rally", "from": ""})
        ana.say("still here")
        ben.say("so am I")
        assert (await ana.hears(1), await ben.hears(1)) == (["still here"], ["so am I"])


@pytest.mark.parametrize("waits", [False, True])
async def test_one_that_sends_to_itself_for_ever_still_gets_its_frames(way, waits):
    class Ticking(way.base):
        groups = ["room"]

        async def receive(self, text_data=None, bytes_data=None):
            await self.send(text_data)

        async def tick(self, event):
            if waits:
                await asyncio.sleep(0)
            await self.channel_layer.send(self.channel_name, {"type": "tick"})

    async with Connection(way, Ticking) as ana:
        await get_channel_layer().group_send("room", {"type": "tick"})
        ana.say("a")
        ana.say("b")
        assert await ana.hears(2) == ["a", "b"]


async def test_one_that_is_flooded_with_frames_still_gets_its_events(handed):
    class Eager(handed.base):
        groups = ["room"]

        async def receive(self, text_data=None, bytes_data=None):
            await asyncio.sleep(0)
            connection.say("again")

        async def note(self, event):
            await self.send("noted")

    async with Connection(handed, Eager) as connection:
        connection.say("first")
        connection.say("second")
        await get_channel_layer().group_send("room", {"type": "note"})
        assert await connection.hears(1) == ["noted"]


@pytest.mark.parametrize("waits", [False, True])
async def test_another_threads_loop_may_send(handed, waits):
    class Slow(handed.base):
        groups = ["room"]

        async def number(self, event):
            if waits and event["number"] % 5 == 0:
                await asyncio.sleep(0)
            await self.send(f"{event['from']} {event['number']}")

    def send(name):
        for number in range(40):
            event = {"type": "number", "from": name, "number": number}
            async_to_sync(get_channel_layer().group_send)("room", event)

    async with Connection(handed, Slow) as ana, Connection(handed, Slow) as ben:
        threads = [threading.Thread(target=send, args=(name,)) for name in ("one", "two")]
        for thread in threads:
            thread.start()
        for one in (ana, ben):
            heard = await one.hears(80)
            for name in ("one", "two"):
                assert [text for text in heard if text.startswith(name)] == [
                    f"{name} {n}" for n in range(40)
                ]
        for thread in threads:
            thread.join()


PEOPLE = range(3)
WAIT = st.sampled_from(["", "before", "after", "both"])
STEP = st.tuples(
    st.sampled_from(PEOPLE),
    st.sampled_from(["group", "one", "ask"]),
    st.sampled_from(PEOPLE),
    WAIT,
    WAIT,
)


def acting(base: type, names: dict) -> type:
    """A consumer that does as its frames tell: sends to the group or to one, and waits or not; so do its receivers."""

    class Acting(base):
        groups = ["room"]

        async def connect(self):
            names[len(names)] = self.channel_name
            await self.accept()

        async def receive(self, text_data=None, bytes_data=None):
            number, who, what, to, wait, event_wait = eval(text_data)
            event = {
                "type": "heard",
                "from": who,
                "number": number,
                "what": what,
                "wait": event_wait,
            }
            await self.do(event, wait, to)

        async def do(self, event, wait, to=0):
            if wait in ("before", "both"):
                await asyncio.sleep(0)
            if event["what"] == "one":
                await self.channel_layer.send(names[to], event)
            else:
                await self.channel_layer.group_send("room", event)
            if wait in ("after", "both"):
                await asyncio.sleep(0)

        async def heard(self, event):
            if event["wait"] in ("before", "both"):
                await asyncio.sleep(0)
            await self.send((event["what"], event["from"], event["number"]))
            if event["what"] == "ask" and event["from"] in PEOPLE:
                answer = event | {"from": f"answer of {self.channel_name}"}
                await self.do(answer, event["wait"])

    return Acting


def deliveries(program: list) -> int:
    """How many events all members get together."""
    costs = {"group": len(PEOPLE), "one": 1, "ask": len(PEOPLE) * (1 + len(PEOPLE))}
    return sum(costs[what] for _, what, *_ in program)


async def play(way, program: list) -> list[list]:
    """What each member heard."""
    names = {}
    channel_layers.set("default", way.layer())
    consumer = acting(way.base, names)
    members = [Connection(way, consumer) for _ in PEOPLE]
    async with members[0], members[1], members[2]:
        for number, (who, *rest) in enumerate(program):
            members[who].say(repr((number, who, *rest)))
        await until(
            lambda: sum(len(member.sent) for member in members) == deliveries(program), "everything"
        )
    return [member.sent for member in members]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
@settings(max_examples=40, deadline=None)
@given(program=st.lists(STEP, max_size=8))
def test_whatever_they_do_all_see_one_order_and_each_senders_own(way, program):
    heard = asyncio.run(play(way, program))
    channel_layers.backends.clear()
    to_all = [[entry for entry in entries if entry[0] != "one"] for entries in heard]
    assert to_all[0] == to_all[1] == to_all[2]
    for entries in heard:
        for who in PEOPLE:
            numbers = [number for _, sender, number in entries if sender == who]
            assert numbers == sorted(numbers)
        for what, sender, number in entries:
            if sender not in PEOPLE:
                assert entries.index((what, sender, number)) > min(
                    entries.index(entry)
                    for entry in entries
                    if entry[2] == number and entry[1] in PEOPLE
                )
