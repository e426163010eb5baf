"""What the banner and the inspector say about the project: one note for each problem."""

from collections.abc import Callable, Collection, Iterator
from urllib.parse import urlsplit

from chatdemo.common.local_machine import is_allowed_host
from chatdemo.course.checker.source_files import Sources
from chatdemo.own_project.django_project import DjangoProject
from chatdemo.own_project.loading import describe
from chatdemo.own_project.outside_senders import find_senders
from chatdemo.realtime.redis_layers import is_redis

#: A label and a text.
Note = tuple[str, str]
#: By protocol: a label, and the name that is shown.
PROTOCOLS = {"http": ("Pages", "HTTP"), "websocket": ("Consumers", "WebSockets")}
#: Django's commands named runserver, which serve no WebSockets. Daphne's is in the app "daphne".
DJANGO_RUNSERVER = ("django.core", "django.contrib.staticfiles")


def all_notes(application: Callable, named: str, project: DjangoProject) -> Iterator[Note]:
    """Return the notes about a project that is loaded; ``named`` is the path of its application."""
    yield from missing_routes(application)
    yield from unusable_runserver(application, named, project)
    yield from unapplied_migrations()
    yield from unreached_senders(project)


def missing_routes(application: Callable) -> Iterator[Note]:
    """Protocols that the application has no route for: WebSockets in a new project.

    HTTP with a ProtocolTypeRouter that was written for Channels 2, which added that route itself.
    """
    routes = _routes_of(application)
    for protocol, (label, name) in PROTOCOLS.items():
        if protocol not in routes:
            yield label, f"none: the ASGI application has no route for {name}"


def _routes_of(application: Callable) -> Collection[str]:
    """Return the protocols for which there is a route, or may be one."""
    from django.core.handlers.asgi import ASGIHandler

    if isinstance(application, ASGIHandler):
        return ("http",)
    return getattr(application, "application_mapping", PROTOCOLS)  # a ProtocolTypeRouter's


def unusable_runserver(application: Callable, named: str, project: DjangoProject) -> Iterator[Note]:
    """Why `manage.py runserver` doesn't serve this project, or not its WebSockets."""
    from django.conf import settings
    from django.core.management import get_commands

    if get_commands()["runserver"] not in DJANGO_RUNSERVER:
        if not hasattr(settings, "ASGI_APPLICATION"):
            yield (
                "Settings",
                "no ASGI_APPLICATION: python manage.py runserver doesn't start."
                f' Add ASGI_APPLICATION = "{named}" to {project.settings_file}',
            )
    elif "websocket" in _routes_of(application):
        place = Sources(project.folder).search(project.settings_file, r"INSTALLED_APPS\b")
        yield (
            "Daphne",
            f"'daphne' isn't in INSTALLED_APPS ({place}): python manage.py runserver serves no"
            " WebSockets",
        )


def refused_hosts(*urls: str | None) -> Iterator[Note]:
    """Addresses of this server that the project's ALLOWED_HOSTS refuses."""
    for host in sorted({urlsplit(url).netloc for url in urls if url}):
        if not is_allowed_host(host):
            yield "Hosts", f"ALLOWED_HOSTS refuses {host.rpartition(':')[0]}"


def unapplied_migrations() -> Iterator[Note]:
    """Migrations that the project's database lacks: only its author applies them."""
    from django.core.exceptions import ImproperlyConfigured
    from django.db import Error, connection, connections
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except ImproperlyConfigured:  # no database in the settings
        return
    except Error as error:
        yield "Database", f"can't be read ({describe(error)})"
        return
    finally:
        for opened in connections.all(initialized_only=True):
            opened.close()
    if plan:
        apps = ", ".join(sorted({migration.app_label for migration, _ in plan}))
        count = f"{len(plan)} unapplied migration{'s'[: len(plan) > 1]}"
        yield "Database", f"{count} ({apps}): python manage.py migrate"


def unreached_senders(project: DjangoProject) -> Iterator[Note]:
    """Commands and tasks that send through a layer in memory: they run in another process."""
    from channels.layers import DEFAULT_CHANNEL_LAYER, InMemoryChannelLayer, channel_layers

    configured = channel_layers.configs.get(DEFAULT_CHANNEL_LAYER)
    if not configured or is_redis(configured):
        return
    if isinstance(channel_layers[DEFAULT_CHANNEL_LAYER], InMemoryChannelLayer):
        for place, sender in find_senders(Sources(project.folder)):
            yield (
                "Layer",
                f"in memory: what {sender} sends ({place}) stays in its own process, and reaches"
                " no consumer. With Redis it does",
            )
