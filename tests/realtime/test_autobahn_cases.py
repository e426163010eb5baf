"""The server passes the Autobahn test suite: a case passes with the outcomes that the suite calls OK and NON-STRICT.

Sections 12 and 13 are left out: they are about compression, which this server never agrees to.
"""

import signal
from pathlib import Path

import pytest

from tests.realtime.wire import (
    section_1_framing,
    section_2_pings,
    section_3_reserved_bits,
    section_4_opcodes,
    section_5_fragmentation,
    section_6_text,
    section_7_closing,
    section_9_limits,
    section_10_misc,
)
from tests.support.served import TIMEOUT_SECONDS, piped

SCRIPT = Path(__file__).with_name("serve_application.py")
SECTIONS = (
    section_1_framing,
    section_2_pings,
    section_3_reserved_bits,
    section_4_opcodes,
    section_5_fragmentation,
    section_6_text,
    section_7_closing,
    section_9_limits,
    section_10_misc,
)
CASES = [case for section in SECTIONS for case in section.CASES]
#: How many cases the suite has (version 25.10.1), by the number that stands before theirs; it has no section 8.
COUNTS = {
    **{"1.1": 8, "1.2": 8, "2": 11, "3": 7, "4.1": 5, "4.2": 5, "5": 20},
    **{
        "6.1": 3,
        "6.2": 4,
        "6.3": 2,
        "6.4": 4,
        "6.5": 5,
        "6.6": 11,
        "6.7": 4,
        "6.8": 2,
        "6.9": 4,
        "6.10": 3,
    },
    **{
        "6.11": 5,
        "6.12": 8,
        "6.13": 5,
        "6.14": 10,
        "6.15": 1,
        "6.16": 3,
        "6.17": 5,
        "6.18": 5,
        "6.19": 5,
    },
    **{"6.20": 7, "6.21": 8, "6.22": 34, "6.23": 7},
    **{"7.1": 6, "7.3": 6, "7.5": 1, "7.7": 13, "7.9": 9, "7.13": 2},
    **{"9.1": 6, "9.2": 6, "9.3": 9, "9.4": 9, "9.5": 6, "9.6": 6, "9.7": 6, "9.8": 6, "10.1": 1},
}


@pytest.fixture(scope="module")
def port():
    """The port of a server that echoes. At its end, it must have had nothing to complain of."""
    with piped(str(SCRIPT)) as process:
        yield int(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=TIMEOUT_SECONDS)[1]
        assert (process.returncode, errors) == (0, "")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.number)
def test_case(case, port):
    case.play(port)


def test_no_case_is_missing():
    wanted = [f"{part}.{i}" for part, count in COUNTS.items() for i in range(1, count + 1)]
    assert sorted(case.number for case in CASES) == sorted(wanted)
