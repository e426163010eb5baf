"""JSON: an array with an object for each message, a line each. It alone has every text exactly as it was."""

import json
import re

from chatdemo.chat.message_log import StoredMessage as Kept
from chatdemo.chat.transcript.form import Form

#: What json.dumps leaves as it is, though a terminal obeys it, it turns a line round, or it can't be encoded.
_ACTING = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class Json(Form):
    """Characters of any script stand as they are; those that would act, as ``\\u`` and their number."""

    content_type = "application/json"

    def __init__(self) -> None:
        self.before = "\n"  # the next object

    def begin(self, room: str) -> str:
        return "["

    def message(self, kept: Kept) -> str:
        fields = {"seq": kept.seq, "at": kept.at, "name": kept.name, "text": kept.text}
        before, self.before = self.before, ",\n"
        return before + dumps(fields)

    def end(self) -> str:
        return "\n]\n" if self.before == ",\n" else "]\n"


def dumps(value: object) -> str:
    """``value`` as JSON in one line, in which no character acts."""
    return _ACTING.sub(
        lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False)
    )
