"""Who is at the other end."""

import pytest

from chatdemo.common.local_machine import is_local, is_own_browser
from tests.inspector.test_access import FOREIGN, LOCAL, scope


@pytest.mark.parametrize("asking", LOCAL)
def test_this_machine_has_its_own_browser(asking):
    assert is_own_browser(asking)


@pytest.mark.parametrize("asking", FOREIGN)
def test_nobody_else_has(asking):
    assert not is_own_browser(asking)


def test_who_has_no_address_is_nobody():
    assert not is_own_browser({"headers": []})


def test_a_header_can_only_take_away():
    assert is_local(scope())
    assert not is_local(scope(X_Forwarded_For="127.0.0.1"))
