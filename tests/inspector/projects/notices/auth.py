from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.middleware import BaseMiddleware

from tests.inspector.projects.notices.models import Person


@database_sync_to_async
def find_person(key):
    return Person.objects.filter(key=key).first()


class KeyAuth(BaseMiddleware):
    async def __call__(self, scope, receive, send):
        query = parse_qs(scope["query_string"].decode())
        scope = dict(scope, person=await find_person(query.get("key", [""])[0]))
        return await super().__call__(scope, receive, send)
