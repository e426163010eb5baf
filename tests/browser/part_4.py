"""What the tutorial's fourth part tests, written again.

Its element ids, and whatever has the focus, are all that is used.

Source: https://channels.readthedocs.io/en/stable/tutorial/part_4.html
"""

import unittest

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser import find
from tests.support.served import TIMEOUT_SECONDS

ENTER = "\ue007"


def start_chrome(*arguments: str) -> webdriver.Chrome:
    """Raises SkipTest where there is no browser, or no driver for it."""
    browser, chromedriver = find.browser(), find.chromedriver()
    if not (browser and chromedriver):
        raise unittest.SkipTest(
            "there's no Chromium, Chrome or Edge with its driver on this machine"
        )
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in (*find.ARGUMENTS, *arguments):
        options.add_argument(argument)
    return webdriver.Chrome(options, webdriver.ChromeService(chromedriver))


class PartFour:
    """The tests, for a TestCase that has ``chrome`` and ``live_server_url``."""

    chrome: webdriver.Chrome
    live_server_url: str

    def setUp(self):
        self.first = self.chrome.current_window_handle
        self.chrome.switch_to.new_window("window")
        self.second = self.chrome.current_window_handle

    def tearDown(self):
        self.chrome.switch_to.window(self.second)
        self.chrome.close()
        self.chrome.switch_to.window(self.first)

    def test_a_message_is_seen_by_everyone_in_the_room(self):
        self.enter(self.first, "north")
        self.enter(self.second, "north")
        self.type(self.first, "hello")
        self.expect(self.first, "hello")
        self.expect(self.second, "hello")

    def test_a_message_is_not_seen_in_another_room(self):
        self.enter(self.first, "north")
        self.enter(self.second, "south")
        self.type(self.first, "for the north")
        self.expect(self.first, "for the north")
        self.type(self.second, "for the south")
        self.expect(self.second, "for the south")
        assert "north" not in self.log(self.second)

    def enter(self, window: str, room: str) -> None:
        self.chrome.switch_to.window(window)
        self.chrome.get(f"{self.live_server_url}/chat/")
        self.type(window, room)
        self.wait(lambda _: self.chrome.current_url.endswith(f"/chat/{room}/"), f"room {room}")

    def type(self, window: str, text: str) -> None:
        self.chrome.switch_to.window(window)
        webdriver.ActionChains(self.chrome).send_keys(text, ENTER).perform()

    def expect(self, window: str, text: str) -> None:
        self.wait(lambda _: text in self.log(window), f"{text!r} in the log")

    def log(self, window: str) -> str:
        self.chrome.switch_to.window(window)
        return self.chrome.find_element(By.ID, "chat-log").get_property("value")

    def wait(self, condition, what: str) -> None:
        WebDriverWait(self.chrome, TIMEOUT_SECONDS, poll_frequency=0.05).until(
            condition, f"waited in vain for {what}"
        )
