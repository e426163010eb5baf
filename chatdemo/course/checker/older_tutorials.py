"""What older tutorials of Channels and Django have, and today's form of it."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from chatdemo.course.checker.report import Place
from chatdemo.course.checker.source_files import Sources


class OlderForm(NamedTuple):
    """``pattern`` matches a line of Python code or of a template, without comments."""

    pattern: str
    what: str
    today: str


#: Imports that fail today. The key is a module, or a module and a name in it.
OLDER_IMPORTS = {
    "django.conf.urls.url": "re_path() from django.urls",
    "django.core.urlresolvers": "django.urls",
    "django.utils.translation.ugettext": "gettext",
    "django.utils.translation.ugettext_lazy": "gettext_lazy",
    "django.utils.encoding.force_text": "force_str",
    "django.utils.encoding.smart_text": "smart_str",
    "django.shortcuts.render_to_response": "render(request, ...)",
    "django.contrib.staticfiles.templatetags": "django.templatetags.static",
    "channels.http": "get_asgi_application() from django.core.asgi",
    "channels.asgi": "get_asgi_application() from django.core.asgi, in mysite/asgi.py",
    "channels.staticfiles": "daphne in INSTALLED_APPS: its runserver serves static files",
    "channels.handler": "consumers of channels.generic.websocket",
    "channels.message": "consumers of channels.generic.websocket",
    "channels.generic.websockets": "channels.generic.websocket",
    "channels.Group": "self.channel_layer.group_add and group_send in a consumer",
    "channels.Channel": "self.channel_layer.send in a consumer",
    "channels.include": "URLRouter from channels.routing",
    "channels.sessions.channel_session": "self.scope in a consumer",
    "channels.auth.channel_session_user": 'self.scope["user"] in a consumer',
    "channels.auth.channel_session_user_from_http": 'self.scope["user"] in a consumer',
    "channels.routing.route": "URLRouter from channels.routing, with re_path()",
    "channels.routing.include": "URLRouter from channels.routing",
    "channels.routing.route_class": "URLRouter from channels.routing, with as_asgi()",
    "asgi_redis": "channels_redis.core.RedisChannelLayer in CHANNEL_LAYERS",
}
#: Forms that may fail only later, or nowhere.
OLDER_FORMS = [
    OlderForm(
        r"(?:path|url)\(.*\bconsumers\.\w+\s*[,)]",
        "a route to the consumer's class (Channels 2)",
        "call as_asgi() on it: consumers.ChatConsumer.as_asgi()",
    ),
    OlderForm(
        r"mark_safe\(\s*json\.dumps\(",
        "mark_safe(json.dumps(...)), which lets a room's name run code in the page",
        'pass the name itself on, and write {{ room_name|json_script:"room-name" }}',
    ),
    OlderForm(
        r"\bget_default_application\(\)",
        "get_default_application() (Channels 2)",
        'application = ProtocolTypeRouter({"http": get_asgi_application(), ...}) in mysite/asgi.py',
    ),
    OlderForm(
        r"ASGI_APPLICATION\s*=\s*['\"][\w.]*\brouting\.",
        "an ASGI application in routing.py (Channels 2)",
        'ASGI_APPLICATION = "mysite.asgi.application", with the ProtocolTypeRouter in asgi.py',
    ),
    OlderForm(
        r"['\"]ROUTING['\"]\s*:",
        '"ROUTING" in CHANNEL_LAYERS (Channels 1)',
        "ASGI_APPLICATION, and a URLRouter in mysite/asgi.py",
    ),
    OlderForm(
        r"\bmessage\.reply_channel\b",
        "reply_channel (Channels 1)",
        "a consumer class with self.send(...)",
    ),
]


def todays_import(module: str, name: str = "") -> str:
    """Return a sentence about an import that older tutorials have; empty if they don't."""
    parts = [*module.split("."), *([name] if name else [])]
    for length in range(len(parts), 0, -1):
        if today := OLDER_IMPORTS.get(".".join(parts[:length])):
            return f"An older tutorial has this. Today's form: {today}."
    return ""


def older_forms(sources: Sources) -> Iterator[tuple[Place, str, str]]:
    """Yield what an older tutorial has: its line, what it is, and today's form."""
    for file in (*sources.python, *sources.templates):
        for number, line in enumerate(sources.lines(file), 1):
            for what, today in _older_in(line.partition("#")[0] if file.endswith(".py") else line):
                yield Place(file, number), what, today


def _older_in(line: str) -> Iterator[tuple[str, str]]:
    if found := re.match(r"\s*from\s+([\w.]+)\s+import\s+(.+)", line):
        for name in re.findall(r"\w+", found[2]):
            if today := OLDER_IMPORTS.get(f"{found[1]}.{name}", OLDER_IMPORTS.get(found[1])):
                yield f"{name} from {found[1]}", today
    for form in OLDER_FORMS:
        if re.search(form.pattern, line):
            yield form.what, form.today
