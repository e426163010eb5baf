"""The error codes of the wire contract: why a message isn't accepted, from bad_json to too_fast."""

import json

#: The error codes of the wire contract, each with its sentence.
ERRORS = {
    "not_text": "Send text frames: this chat accepts no binary ones.",
    "bad_json": 'That frame isn\'t JSON. Send {"message": "text"}.',
    "bad_message": (
        'That isn\'t a message. Send {"message": "text"}.'
        ' An "id", if there is one, has 1 to 64 characters of A-Z a-z 0-9 _ -.'
    ),
    "empty": "That message is empty. Write something first.",
    "too_long": "That message has {length} characters; the limit is {limit}. Shorten it.",
    "too_fast": "That is more than {rate} messages a second. Wait a moment, then send it again.",
    "not_kept": "That message can't be stored, so nobody got it: {reason}. Send it again.",
}


class MessageError(Exception):
    """A message that isn't accepted.

    ``code`` is one of ERRORS. ``id`` is the client's own id, if it could be read.
    """

    def __init__(self, code: str, id: str | None = None, **values: int | float | str):
        super().__init__(ERRORS[code].format(**values) if values else ERRORS[code])
        self.code = code
        self.id = id

    def as_json(self) -> str:
        """Return the frame that answers the sender."""
        content = {"error": self.code, "detail": str(self)}
        return json.dumps(content if self.id is None else {**content, "id": self.id})
