"""Several servers and their Redis, while everyone talks and one after the other fails."""

from tests.promise.several import SeveralServers
from tests.promise.storm import storm
from tests.promise.talk import talking

PEOPLE, MESSAGES_PER_SECOND, SECONDS, SEED = 60, 20, 40, 17


async def test_in_a_storm_of_faults_nothing_is_lost_or_doubled(has_redis, tmp_path):
    pause = PEOPLE / MESSAGES_PER_SECOND
    async with (
        SeveralServers(tmp_path, 2) as chat,
        talking(chat, PEOPLE, pause, in_order=False, seed=SEED) as room,
    ):
        await storm(chat, room, SECONDS, SEED)
