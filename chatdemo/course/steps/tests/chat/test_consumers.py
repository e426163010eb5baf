from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.test import SimpleTestCase

from .routing import websocket_urlpatterns


class ConsumerTests(SimpleTestCase):
    async def test_a_message_goes_to_everyone_in_the_room(self):
        first = await self.enter_room("room_1")
        second = await self.enter_room("room_1")
        await first.send_json_to({"message": "hello"})
        self.assertEqual(await first.receive_json_from(), {"message": "hello"})
        self.assertEqual(await second.receive_json_from(), {"message": "hello"})
        await first.disconnect()
        await second.disconnect()

    async def test_a_message_does_not_go_to_another_room(self):
        first = await self.enter_room("room_1")
        second = await self.enter_room("room_2")
        await first.send_json_to({"message": "hello"})
        self.assertEqual(await first.receive_json_from(), {"message": "hello"})
        self.assertTrue(await second.receive_nothing())
        await first.disconnect()
        await second.disconnect()

    async def enter_room(self, room_name):
        router = URLRouter(websocket_urlpatterns)
        communicator = WebsocketCommunicator(router, f"/ws/chat/{room_name}/")
        connected, subprotocol = await communicator.connect()
        self.assertTrue(connected)
        return communicator
