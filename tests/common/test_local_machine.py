"""Is it this machine?"""

import pytest

from chatdemo.common.local_machine import is_local, is_own_browser
from tests.inspector.test_access import FOREIGN, LOCAL, scope


@pytest.mark.parametrize("asking", LOCAL)
def test_this_machine_has_its_own_browser(asking):
    assert is_own_browser(asking)


@pytest.mark.parametrize("asking", FOREIGN)
def test_another_machines_browser_is_not_its_own(asking):
    assert not is_own_browser(asking)


def test_a_client_without_an_address_is_not_local():
    assert not is_own_browser({"headers": []})


def test_a_forwarding_header_makes_a_client_remote_and_no_header_makes_it_local():
    assert is_local(scope())
    assert not is_local(scope(X_Forwarded_For="127.0.0.1"))
