"""When all have gone, nothing of them is left in the server."""

import sys

import pytest

from tests.promise.soak import soak


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="what a process has is read from /proc"
)
async def test_after_a_crowd_with_bad_wifi_no_task_socket_or_thread_is_left(tmp_path):
    await soak(tmp_path, people=20, seconds=5, drop=0.2, pause=0.5)
