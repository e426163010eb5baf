"""What the banner says about the project: one row for each problem."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from chatdemo.common.local_machine import is_allowed_host
from chatdemo.own_project.loading import describe

#: A label and a text.
Note = tuple[str, str]


def missing_routes(application: Callable) -> Iterator[Note]:
    """Protocols that the application has no route for: WebSockets in a new project.

    HTTP with a ProtocolTypeRouter that was written for Channels 2, which added that route itself.
    """
    from django.core.handlers.asgi import ASGIHandler

    protocols = {"http": ("Pages", "HTTP"), "websocket": ("Consumers", "WebSockets")}
    routes = getattr(application, "application_mapping", protocols)  # a ProtocolTypeRouter's
    routes = {"http"} if isinstance(application, ASGIHandler) else routes
    for protocol, (label, name) in protocols.items():
        if protocol not in routes:
            yield label, f"none: the ASGI application has no route for {name}"


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
