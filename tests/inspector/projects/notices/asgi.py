from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.core.management import call_command

pages = get_asgi_application()  # sets Django up, which the imports below need

from tests.inspector.projects.notices.auth import KeyAuth  # noqa: E402
from tests.inspector.projects.notices.urls import websocket_urlpatterns  # noqa: E402

call_command("migrate", run_syncdb=True, verbosity=0)
application = ProtocolTypeRouter({"http": pages, "websocket": KeyAuth(URLRouter(websocket_urlpatterns))})
