import shutil

from channels.testing import ChannelsLiveServerTestCase
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait


class ChatTests(ChannelsLiveServerTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        options = webdriver.ChromeOptions()
        options.add_argument("--headless")  # without a window; delete this to watch
        # The driver on the PATH, if there is one: Selenium needn't look for it online.
        service = webdriver.ChromeService(shutil.which("chromedriver"))
        try:
            cls.driver = webdriver.Chrome(options, service)
        except Exception:
            super().tearDownClass()  # ends the server that was started above
            raise

    @classmethod
    def tearDownClass(cls):
        cls.driver.quit()
        super().tearDownClass()

    def setUp(self):
        self.first = self.driver.current_window_handle
        self.driver.switch_to.new_window("tab")
        self.second = self.driver.current_window_handle

    def tearDown(self):
        self.driver.switch_to.window(self.second)
        self.driver.close()
        self.driver.switch_to.window(self.first)

    def test_a_message_is_seen_by_everyone_in_the_room(self):
        self.enter_room(self.first, "room_1")
        self.enter_room(self.second, "room_1")
        self.post(self.first, "hello")
        self.wait_for_message(self.first, "hello")
        self.wait_for_message(self.second, "hello")

    def test_a_message_is_not_seen_in_another_room(self):
        self.enter_room(self.first, "room_1")
        self.enter_room(self.second, "room_2")
        self.post(self.first, "hello")
        self.wait_for_message(self.first, "hello")
        self.post(self.second, "world")
        self.wait_for_message(self.second, "world")
        self.assertNotIn("hello", self.chat_log(self.second))

    def enter_room(self, window, room_name):
        self.driver.switch_to.window(window)
        self.driver.get(self.live_server_url + "/chat/")
        name_input = self.driver.find_element(By.ID, "room-name-input")
        name_input.send_keys(room_name, Keys.ENTER)
        address = f"/chat/{room_name}/"
        self.wait(lambda: address in self.driver.current_url, f"the page {address}")
        is_open = "return typeof chatSocket == 'object' && chatSocket.readyState == 1"
        self.wait(lambda: self.driver.execute_script(is_open), "an open WebSocket")

    def post(self, window, message):
        self.driver.switch_to.window(window)
        message_input = self.driver.find_element(By.ID, "chat-message-input")
        message_input.send_keys(message, Keys.ENTER)

    def wait_for_message(self, window, message):
        self.wait(lambda: message in self.chat_log(window), f"the message {message}")

    def chat_log(self, window):
        self.driver.switch_to.window(window)
        return self.driver.find_element(By.ID, "chat-log").get_property("value")

    def wait(self, condition, what):
        waiting = WebDriverWait(self.driver, timeout=5)
        waiting.until(lambda driver: condition(), f"waited in vain for {what}")
