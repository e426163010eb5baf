"""HTML: one page that needs nothing else, to be read or printed."""

from django.utils.html import escape

from chatdemo.chat.message_log import StoredMessage as Kept
from chatdemo.chat.transcript.characters import visible
from chatdemo.chat.transcript.form import NOBODY, Form, readable

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{room}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }}
h1 {{ overflow-wrap: anywhere; }}
ol {{ list-style: none; margin: 0; padding: 0; }}
li {{ border-top: 1px solid color-mix(in srgb, currentColor 25%, transparent); padding: .5rem 0; break-inside: avoid; }}
time {{ font-size: .875rem; opacity: .8; white-space: nowrap; }}
strong {{ margin-inline-end: .5rem; }}
p {{ margin: .25rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere; }}
</style>
</head>
<body>
<h1><bdi>{room}</bdi></h1>
<ol>
"""
_MESSAGE = """<li id="m{seq}"><strong><bdi>{name}</bdi></strong> <time datetime="{at}">{shown}</time>
<p dir="auto">{text}</p></li>
"""
_END = """</ol>
</body>
</html>
"""


class Html(Form):
    """A list item for each message. ``bdi`` and ``dir`` keep a text that runs from right to left to its own place."""

    content_type = "text/html; charset=utf-8"

    def begin(self, room: str) -> str:
        return _PAGE.format(room=_shown(room))

    def message(self, kept: Kept) -> str:
        at, shown = escape(kept.at), escape(readable(kept.at))
        name = _shown(kept.name.strip() or NOBODY)
        return _MESSAGE.format(seq=kept.seq, at=at, shown=shown, name=name, text=_shown(kept.text))

    def end(self) -> str:
        return _END


def _shown(text: str) -> str:
    return escape(visible(text))
