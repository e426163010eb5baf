"""The tests of the tutorial's fourth part on the server that Channels starts for them."""

import multiprocessing

from channels.testing import ChannelsLiveServerTestCase

from tests.browser.part_4 import PartFour, start_chrome


class TutorialPart4(PartFour, ChannelsLiveServerTestCase):
    @classmethod
    def setUpClass(cls):
        cls.chrome = start_chrome()
        cls.addClassCleanup(cls.chrome.quit)
        # Channels would fork its server from this process, with the locks of threads that other tests have left.
        cls.addClassCleanup(
            multiprocessing.set_start_method, multiprocessing.get_start_method(), force=True
        )
        multiprocessing.set_start_method("spawn", force=True)
        super().setUpClass()
        cls.addClassCleanup(super().tearDownClass)

    @classmethod
    def tearDownClass(cls):
        """The cleanups do it, as they also do where setUpClass fails."""
