"""What is going on in the rooms that pictures are taken of."""

import json

from playwright.sync_api import expect

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
        "This one runs once for each of you:\nasync def chat_message(self, event):\n    await self.send(...)",
    ),
    ("Ben", "And group_send calls it for everybody in the room. Got it!"),
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
    "Grace Hopper": "one\n\ntwo",
    "Linus": "ok",
    "Radia": "The last word.",
}
NOT_KEPT = (
    "That message can't be stored, so nobody got it: the server's disk is full. Send it again."
)


def talk(browser, options: dict, url: str) -> Participant:
    """The pupil's page after the exchange."""
    people = {}
    for name in ("Ms Kim", "Ben"):
        people[name] = enter(browser.new_context(**options), url)
        people[name].call_oneself(name)
    for number, (who, text) in enumerate(TALK, 1):
        people[who].say(text)
        for participant in people.values():
            participant.expect_log(*(text for _, text in TALK[:number]))
    expect(people["Ben"].reached).to_have_text(["reached 1 of 1"] * 3)
    return people["Ben"]


def in_class(browser, options: dict, url: str) -> Participant:
    """The page of a twelfth person: below what the class said, one that has come, one on its way, one that failed."""
    me = deaf_to_all_but_the_first(browser.new_context(**options).new_page(), url)
    people = [enter(browser.new_context(), url) for _ in CLASS]
    for participant, name in zip(people, CLASS, strict=True):
        participant.call_oneself(name.removesuffix(" (2)"))
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


def deaf_to_all_but_the_first(page, url: str) -> Participant:
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

    page.route_web_socket(SOCKET, serve)
    participant = visit(page, url)
    participant.expect_state("Connected")
    return participant
