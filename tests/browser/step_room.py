"""People in a room of one of the tutorial's steps, whose plain page has the contract's ids and nothing of ours."""

from urllib.parse import quote, urlsplit

from playwright.sync_api import BrowserContext, Page, Response, expect

from chatdemo.course import outline
from tests.support.served import wait_for

STEPS = outline.steps()


class StepRoom:
    """A new tab in ``room`` of the chat at ``url``, with ``step`` if that is to be asked for.

    With ``typing`` the room's name is typed on the index page, where its field has the focus.
    ``hosts`` are those that the page asked for anything so far, ``console`` is what its console has.
    """

    def __init__(
        self,
        context: BrowserContext,
        url: str,
        room: str = "lobby",
        step: str = "",
        typing: bool = False,
    ):
        self.page = context.new_page()
        self.hosts = watch_hosts(self.page)
        self.console: list[str] = []
        self.page.on("console", lambda message: self.console.append(message.text))
        if typing:
            self.response = self._type_name(url, room)
        else:
            self.response = self.page.goto(
                f"{url}chat/{quote(room, safe='')}/{step and f'?step={step}'}"
            )
        self.log = self.page.locator("#chat-log")
        self.input = self.page.locator("#chat-message-input")

    def _type_name(self, url: str, room: str) -> Response:
        self.page.goto(f"{url}chat/")
        expect(self.page.locator("#room-name-input")).to_be_focused()
        self.page.keyboard.type(room)
        with self.page.expect_navigation(url=f"{url}chat/{room}/") as navigation:
            self.page.keyboard.press("Enter")
        return navigation.value

    def await_socket(self, state: int) -> None:
        """Wait until the page's WebSocket is open (1) or closed (3)."""
        # Playwright's own waiting for a function needs eval, which our policy forbids.
        wait_for(
            lambda: self.page.evaluate("chatSocket.readyState") == state,
            f"the WebSocket to be in state {state}",
        )

    def say(self, text: str) -> None:
        self.input.fill(text)
        self.input.press("Enter")

    def expect_log(self, *messages: str) -> None:
        """Wait until the log holds these messages and no other."""
        expect(self.log).to_have_value("".join(f"{message}\n" for message in messages))


def watch_hosts(page: Page) -> set[str]:
    """A set that fills with the hosts that ``page`` asks for anything."""
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.on("websocket", lambda socket: hosts.add(urlsplit(socket.url).netloc))
    return hosts


def go_through(step: outline.Step, context: BrowserContext, url: str) -> list[StepRoom]:
    """See that the chat at ``url`` does what the course says of ``step``, in two tabs; returns them."""
    ana, ben = StepRoom(context, url, typing=True), StepRoom(context, url)
    if step.name == "index":
        assert ana.response.status == ben.response.status == 404
    elif step.name == "room":
        expect_no_answer(ana)
    else:
        talk(ana, ben, together=step.number >= outline.find_step("groups").number)
    host = {urlsplit(url).netloc}
    assert ana.hosts == ben.hosts == host
    return [ana, ben]


def expect_no_answer(ana: StepRoom) -> None:
    """The room's page is there, its WebSocket fails, and the browser's console says so."""
    ana.await_socket(3)
    expect(ana.input).to_be_focused()
    assert ana.response.status == 200
    assert any("WebSocket connection to" in line and "failed" in line for line in ana.console)
    assert "The chat socket is closed." in ana.console


def talk(ana: StepRoom, ben: StepRoom, together: bool) -> None:
    """Each says something: the other hears it too, or, if not ``together``, who said it alone."""
    for person in (ana, ben):
        person.await_socket(1)
    ana.say("from Ana")
    ana.expect_log("from Ana")
    if together:
        ben.expect_log("from Ana")
    ben.say("from Ben")
    ben.expect_log(*(["from Ana"] if together else []), "from Ben")
    ana.expect_log("from Ana", *(["from Ben"] if together else []))
    ana.page.locator(
        "#chat-message-submit"
    ).click()  # with nothing typed: the tutorial's page sends that too
    ana.expect_log("from Ana", *(["from Ben"] if together else []), "")
