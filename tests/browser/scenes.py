"""States of the pages: SCENES has a function for each, which brings a page into it.

Pictures are taken of them (screenshots.py), and tests look at what all pages must have (test_scenes.py).
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from urllib.parse import quote

from playwright.sync_api import Browser, Page, expect

from tests.browser.inspect_feed import FakeFeed, Story, problem
from tests.browser.pages import long_name
from tests.browser.participant import SOCKET, Participant, enter, visit
from tests.support.served import wait_for

#: Who says what; the picture is the pupil's page.
TALK = [
    ("Ms Kim", "Good morning! Can everyone read this?"),
    ("Ben", "Yes, from the last row too."),
    ("Ms Kim", "Then open a second window and write to yourself. What happens?"),
    ("Ben", "It arrives in both. Which part of the code does that?"),
    (
        "Ms Kim",
        "This one runs once for each of you:\n```\nasync def chat_message(self, event):\n    await self.send(...)\n```",
    ),
    ("Ben", "And `group_send` calls it for everybody in the room. Got it!"),
]
#: A class with the names and the messages that are the hardest to show.
CLASS = {
    "Ada Lovelace": "Good morning! Can everyone read this?",
    "Ben": "Yes, from the last row too.",
    "Ben (2)": "def chat_message(self, event):\n    self.send(text_data=json.dumps(event))",
    "Constantinopolitanischer-Dudelsackpfeife": "Donaudampfschifffahrtsgesellschaftskapitänsmütze"
    * 3,
    "<b>Bold</b> & <script>x": "<img src=x onerror=alert(1)> is text, and so is <b>this</b>",
    "محمد بن عبد الله": "مرحبا بالجميع، كيف حالكم اليوم؟",
    "Zoë": "https://channels.readthedocs.io/en/latest/tutorial/part_2.html?a=very&long=address&that=goes&on=and&on",
    "😀 Smiley": "🎉🎉🎉",
    "Zalgo": "Ḧ̷̢̡̛͔͚͙́͊̀ę̸͚͖̈́̂͌̎ c̶̡̛͚͖͌̈́̂o̵̢̡̧͚͖͌̈́̂m̷̢̡͚͖͌̈́̂ĕ̴̢̡͚͖͌̈́s",
    "Grace Hopper": "one\n\ntwo",
    "Katherine": "\n".join(f"line {number}" for number in range(1, 21)),
    "Linus": "ok",
    "Radia": "The last word.",
}
NOT_KEPT = (
    "That message can't be stored, so nobody got it: the server's disk is full. Send it again."
)


@dataclass
class Stage:
    """Where a scene takes place: in windows of ``browser`` that have ``options``, and in ``room`` at ``url``."""

    browser: Browser
    url: str
    room: str = "lobby"
    options: dict = field(default_factory=dict)
    cleanup: ExitStack = field(default_factory=ExitStack)

    def context(self):
        context = self.browser.new_context(**self.options)
        self.cleanup.callback(context.close)
        return context

    def visit(self, path: str) -> Page:
        page = self.context().new_page()
        page.goto(self.url + path, wait_until="networkidle")
        return page

    def enter(self, name: str = "") -> Participant:
        participant = enter(self.context(), self.url, self.room)
        if name:
            participant.answer(name)
        return participant

    def feed(self) -> FakeFeed:
        return self.cleanup.enter_context(FakeFeed())


@contextmanager
def staged(browser: Browser, url: str, room: str = "lobby", **options) -> Iterator[Stage]:
    """A stage whose windows and feeds are closed at the end."""
    with ExitStack() as cleanup:
        yield Stage(browser, url, room, options, cleanup)


def students_start(stage: Stage) -> Page:
    """The start page as a browser of another machine sees it."""
    page = stage.context().new_page()
    page.set_extra_http_headers({"X-Forwarded-For": "192.0.2.9"})
    page.goto(stage.url)
    return page


def refused_start(stage: Stage) -> Page:
    page = students_start(stage)
    page.get_by_label("Your name").fill("\u2800")
    page.get_by_label("Room").fill(stage.room)
    page.get_by_role("button", name="Join").click()
    page.get_by_role("alert").wait_for()
    return page


def talk(stage: Stage) -> Page:
    """The pupil's page after the exchange."""
    people = {name: stage.enter(name) for name in ("Ms Kim", "Ben")}
    for number, (who, text) in enumerate(TALK, 1):
        people[who].say(text)
        for participant in people.values():
            participant.expect_log(*(text for _, text in TALK[:number]))
    expect(people["Ben"].reached).to_have_text(["reached 1 of 1"] * 3)
    return people["Ben"].page


def presented_talk(stage: Stage) -> Page:
    page = talk(stage)
    page.locator("#messages").focus()
    return presented(page)


def presented(page: Page) -> Page:
    """In its presentation view, without the full screen, whose size can't be changed."""
    page.evaluate("document.documentElement.requestFullscreen = undefined")
    page.keyboard.press("v")
    page.get_by_role("button", name="Leave the presentation view").wait_for()
    return page


def in_class(stage: Stage) -> Participant:
    """The page of one more person: below the class's messages, one that has come, one on its way, one that failed."""
    me = deaf_to_all_but_the_first(stage)
    people = [stage.enter(name.removesuffix(" (2)")) for name in CLASS]
    for number, (participant, text) in enumerate(zip(people, CLASS.values(), strict=True), 1):
        participant.say(text)
        wait_for(lambda many=number: me.messages.count() == many, text)
    people[-1].page.context.set_offline(True)
    me.say(
        "Thanks, I can read all of it, and I write this only to have a message that takes more than one line."
    )
    me.reached.click()
    me.page.locator(".said .names").wait_for()
    me.say("on its way")
    me.say("fails")
    for participant in people[:2]:
        participant.input.press_sequentially("hm")
    wait_for(lambda: "are writing" in (me.writing.text_content() or ""), "both who write")
    return me


def deaf_to_all_but_the_first(stage: Stage) -> Participant:
    """Whose server never answers a second message, and has no disk for a third."""
    said = []

    def serve(socket) -> None:
        server = socket.connect_to_server()
        socket.on_message(lambda text: hear(socket, server, text))

    def hear(socket, server, text) -> None:
        if '"message"' in text:
            said.append(text)
        if '"message"' not in text or len(said) == 1:
            server.send(text)
        elif len(said) == 3:
            socket.send(
                json.dumps({"error": "not_kept", "detail": NOT_KEPT, "id": json.loads(text)["id"]})
            )

    page = stage.context().new_page()
    page.route_web_socket(SOCKET, serve)
    participant = visit(page, stage.url, stage.room)
    participant.expect_state("Connected")
    return participant


def class_at_its_beginning(stage: Stage) -> Page:
    """Scrolled to the first messages, with the list of people open; a new message comes below."""
    me = in_class(stage)
    me.open_people()
    me.view.evaluate("(view) => view.scrollTo(0, 0)")
    wait_for(lambda: me.view.evaluate("(view) => view.scrollTop") == 0, "the first messages")
    stage.enter("Late").say("Am I late?")
    expect(me.page.locator("#newest")).to_be_visible()
    return me.page


def without_connection(stage: Stage) -> Page:
    me = stage.enter("Ada")
    me.page.context.set_offline(True)
    me.expect_state("Connection lost")
    me.say("waits")
    return me.page


def rooms_with_people(stage: Stage) -> Page:
    stage.enter("Ada")
    page = stage.visit("chat/")
    expect(page.get_by_role("link", name=stage.room)).to_be_visible()
    return page


def name_in_capitals(stage: Stage) -> Page:
    stage.enter("Ada")
    return stage.visit(f"chat/?room={stage.room.capitalize()}")


def transcript(stage: Stage) -> Page:
    talk(stage)
    page = stage.context().new_page()
    saved = page.request.get(f"{stage.url}chat/{stage.room}/transcript/?format=html")
    page.set_content(saved.text())
    return page


def lesson(stage: Stage, step: str = "groups") -> Page:
    """The page of a lesson whose first tab has said hello, once the journey has played."""
    page = stage.context().new_page()
    page.goto(f"{stage.url}learn/{step}/")
    first, second = (page.frame_locator(f'iframe[name="tab-{number}"]') for number in (1, 2))
    second.locator("#chat-message-submit").wait_for()
    wait_for(lambda: is_open(page, 1) and is_open(page, 2), "the tabs' WebSockets")
    first.locator("#chat-message-input").fill("hello")
    first.locator("#chat-message-input").press("Enter")
    wait_for(lambda: first.locator("#chat-log").input_value(), "the message")
    page.locator(".journey .got").nth(0 if step == "echo" else 1).wait_for()
    page.evaluate("Promise.all(document.getAnimations().map((animation) => animation.finished))")
    return page


def is_open(page, tab: int) -> bool:
    return page.frame(f"tab-{tab}").evaluate(
        "typeof chatSocket === 'object' && chatSocket.readyState === 1"
    )


def presented_lesson(stage: Stage) -> Page:
    page = lesson(stage)
    page.locator(".journey .hop").first.focus()  # keys go to the lesson, and not to a tab
    return presented(page)


def lesson_with_its_code(stage: Stage) -> Page:
    """And with all that a row of the journey carries."""
    page = lesson(stage)
    page.locator(".journey .hop").nth(2).click()
    page.locator(".journey .each").wait_for()
    if page.locator("#show-code").is_visible():
        page.locator("#show-code").click()
    return page


def layer_by_hand(stage: Stage) -> Page:
    page = stage.visit("learn/layer/")
    for experiment in page.locator(".experiment button").all():
        experiment.click()
        expect(page.locator(".calls .waiting")).to_have_count(0)
    return page


def unfolded_lesson(stage: Stage) -> Page:
    page = stage.visit("learn/tests/")
    page.evaluate("document.querySelectorAll('details').forEach((part) => (part.open = true))")
    return page


def inspect(stage: Stage, people: int) -> tuple[Page, Story]:
    """The inspector's page, and the story of a room with a teacher and students."""
    feed = stage.feed()
    page = stage.context().new_page()
    page.goto(feed.url)
    expect(page.locator("#status")).to_contain_text("Live")
    story = Story(feed, people).arrive()
    story.names = {1: "Ms Kim"} | {who: f"Student {who - 1}" for who in story.ids[1:]}
    return page, story.state()


#: What the server tells of an event that a full channel has lost.
LOST = {
    "kind": "full",
    "text": "An event for ChatConsumer was lost: its channel was full, as 100 events waited in it."
    " A channel fills up while its consumer's handler runs.",
}


def journey(people: int) -> Callable[[Stage], Page]:
    """Makes a scene: the path of a message to so many, of whom one is late and one loses it if there are enough."""

    def scene(stage: Stage) -> Page:
        page, story = inspect(stage, people)
        if people > 2:
            story.say_unevenly("Can everyone read this?", late=people - 1, lost=people)
            story.feed.tell({"kind": "problems", "problems": [problem(**LOST)]})
            expect(page.locator(".outcome .alarm").first).to_be_attached()
        else:
            story.say("Can everyone read this?")
            expect(page.locator(".outcome .got")).to_have_count(2)
        return page

    return scene


def open_row(stage: Stage) -> Page:
    page, story = inspect(stage, 30)
    story.say("hello")
    page.locator(".hops li").filter(has_text="to 30 browsers").get_by_role("button").click()
    page.locator(".each").wait_for()
    page.locator(".events .event").filter(has_text="30 × send").click()
    page.locator(".events .part").first.hover()
    return page


def frozen(stage: Stage) -> Page:
    page, story = inspect(stage, 2)
    story.freeze().say("held")
    expect(page.locator(".head .ice")).to_be_visible()
    return page


def feed_lost(stage: Stage) -> Page:
    feed = stage.feed()
    page = stage.context().new_page()
    page.goto(feed.url)
    expect(page.locator("#status")).to_contain_text("Live")
    page.context.set_offline(True)
    expect(page.locator("#status")).to_contain_text("lost")
    return page


def presented_journey(stage: Stage) -> Page:
    return presented(journey(30)(stage))


def at(path: str) -> Callable[[Stage], Page]:
    """Makes a scene: the page with this address, as it opens. ``{room}`` stands for the stage's room."""
    return lambda stage: stage.visit(path.format(room=stage.room))


SCENES: dict[str, Callable[[Stage], Page]] = {
    "start": at(""),
    "start-student": students_start,
    "start-refused": refused_start,
    "rooms": at("chat/"),
    "rooms-people": rooms_with_people,
    "rooms-capitals": name_in_capitals,
    "rooms-refused": at(f"chat/?room={'x' * 101}"),
    "room": at("chat/{room}/"),
    "room-long": lambda stage: stage.visit(f"chat/{quote(long_name(stage.room))}/"),
    "room-talk": talk,
    "room-class": lambda stage: in_class(stage).page,
    "room-beginning": class_at_its_beginning,
    "room-offline": without_connection,
    "room-present": presented_talk,
    "transcript": transcript,
    "course": at("learn/"),
    "lesson-index": at("learn/index/"),
    "lesson-room": at("learn/room/"),
    "lesson-echo": lambda stage: lesson(stage, "echo"),
    "lesson-groups": lesson,
    "lesson-async": at("learn/async/"),
    "lesson-code": lesson_with_its_code,
    "lesson-layer": layer_by_hand,
    "lesson-unfolded": unfolded_lesson,
    "lesson-present": presented_lesson,
    "inspector": at("inspect/"),
    "inspector-2": journey(2),
    "inspector-8": journey(8),
    "inspector-30": journey(30),
    "inspector-300": journey(300),
    "inspector-open": open_row,
    "inspector-frozen": frozen,
    "inspector-lost": feed_lost,
    "inspector-present": presented_journey,
    "400": at("chat/a%2Fb/"),
    "404": at("nowhere"),
    "426": at("ws/chat/{room}/"),
}
