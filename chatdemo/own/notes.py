"""What its author should know about the project while it runs, a line each."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from chatdemo.common.errors import ChatdemoError
from chatdemo.common.local_machine import is_allowed_host
from chatdemo.own.explain import shown


def require_checks_to_pass() -> None:
    """Django's system checks, which import the URLs and views too, as `runserver` makes them.

    Raises ChatdemoError for the first error, and what their code raises.
    """
    from django.core import checks

    errors = [
        found for found in checks.run_checks() if found.is_serious() and not found.is_silenced()
    ]
    for found in errors:
        more = f" {len(errors)} such errors in all." if len(errors) > 1 else ""
        hint = found.hint or "python manage.py check says more."
        raise ChatdemoError(
            " ".join(f"Django's check {found.id}: {found.msg}{more}".split()),
            " ".join(hint.split()),
        )


def about_routes(application: Callable) -> Iterator[tuple[str, str]]:
    """What the application can't answer: WebSockets at a project's beginning, or pages, which older Channels added."""
    from django.core.handlers.asgi import ASGIHandler

    protocols = {"http": ("Pages", "HTTP"), "websocket": ("Consumers", "WebSockets")}
    routes = getattr(application, "application_mapping", protocols)  # of a ProtocolTypeRouter
    routes = {"http"} if isinstance(application, ASGIHandler) else routes
    for protocol in protocols.keys() - routes:
        name, called = protocols[protocol]
        yield name, f"none: its ASGI application has no route for {called}"


def about_hosts(*urls: str | None) -> Iterator[str]:
    """Addresses of this server that ALLOWED_HOSTS refuses, by Django's own rule (HttpRequest.get_host)."""
    hosts = {urlsplit(url).netloc for url in urls if url}
    yield from (
        f"ALLOWED_HOSTS refuses {host.rpartition(':')[0]}"
        for host in sorted(hosts)
        if not is_allowed_host(host)
    )


def about_migrations() -> Iterator[str]:
    """Those that aren't applied, which nobody but their author applies."""
    from django.core.exceptions import ImproperlyConfigured
    from django.db import Error, connections

    try:
        names = _unapplied()
    except ImproperlyConfigured:  # no database in the settings
        return
    except Error as error:
        yield f"the database doesn't answer ({shown(error)})"
        return
    finally:
        for connection in connections.all(initialized_only=True):
            connection.close()
    if names:
        apps = ", ".join(sorted({app for app, _ in names}))
        yield f"{len(names)} unapplied migration{'s'[: len(names) > 1]} ({apps}): python manage.py migrate"


def _unapplied() -> list[tuple[str, str]]:
    """(app, name) of each."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [(migration.app_label, migration.name) for migration, _ in plan]
