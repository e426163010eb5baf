"""Whatever a project raises, the report is about that, at the learner's line."""

import pytest

from chatdemo.course import outline
from tests.course.checker.planted.plant import CONSUMERS, SETTINGS
from tests.course.checker.projects import check_folder, write

pytestmark = pytest.mark.usefixtures("warm")

#: Statements, and what the report must have of what they raise.
RAISED = {
    "raise Exception": "Exception",
    "raise Exception('{no} %s {0}')": "Exception: {no} %s {0}",
    "raise Exception('\\n')": "Exception",
    "raise NameError('without a name')": "NameError: without a name",
    "raise ImportError": "ImportError",
    "raise ModuleNotFoundError(name='chat.')": "ModuleNotFoundError",
    "raise SyntaxError('odd', ('gone.py', 3, 1, 'x'))": "SyntaxError: odd",
    "raise SyntaxError('odd', (__file__, 99999, 1, None))": "odd",
    "raise KeyError(('a', 1))": "KeyError: ('a', 1)",
    "raise AttributeError('text', name=None, obj=None)": "AttributeError: text",
    "raise type('Odd', (Exception,), {'__str__': lambda self: None})()": "Odd",
    "raise type('Odd', (Exception,), {'__eq__': lambda *_: True})()": "Odd",
    "raise type('Odd', (BaseException,), {})()": "Odd",
    "raise __import__('asyncio').CancelledError": "CancelledError",
    "import json; json.loads('')": "JSONDecodeError",
    "import re; re.compile('(')": "missing )",
    "import importlib; importlib.import_module('chat.gone')": "No module named 'chat.gone'",
    "eval('(')": "SyntaxError: '(' was never closed",
    "exec(compile('1/0', 'gone.py', 'exec'))": "ZeroDivisionError",
    "exec(compile(chr(10) * 9999 + '1/0', __file__, 'exec'))": "ZeroDivisionError",
}


@pytest.mark.parametrize("statement", RAISED)
def test_an_exception_of_the_settings_is_shown_at_its_line(statement, tmp_path):
    files = outline.find_step("index").project()
    files[SETTINGS] = files[SETTINGS].replace("DEBUG = True", statement)
    fault = check_folder(write(tmp_path / "project", files)).fault
    assert RAISED[statement] in fault.cause
    assert (fault.file, fault.line in (8, 0, 1)) == (SETTINGS, True), fault


def test_an_exception_of_a_handler_has_no_advice(tmp_path):
    files = outline.find_step("async").project()
    old = "        await self.send("
    files[CONSUMERS] = files[CONSUMERS].replace(old, "        [].pop()\n" + old)
    fault = check_folder(write(tmp_path / "project", files)).fault
    assert (fault.id, fault.file, fault.line, fault.hint) == ("C005", CONSUMERS, 26, "")
    assert fault.cause == (
        "chat/consumers.py:26 raises an exception while receiving a message:"
        " IndexError: pop from empty list"
    )
