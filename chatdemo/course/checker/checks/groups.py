"""Step 5: the participants of a room hear each other, and nobody else does."""

from chatdemo.course.checker import silence
from chatdemo.course.checker.causes.consumer import misspelt
from chatdemo.course.checker.faults import Fault
from chatdemo.course.checker.participant import Participant
from chatdemo.course.checker.project import Project

#: Pairs of rooms that a group's name can mix up: by a name that is constant, cut off, or without its capitals.
PAIRS = [
    ("room_1", "room_2"),
    ("lobby", "Lobby"),
    ("a_long_name_for_a_room_1", "a_long_name_for_a_room_2"),
]


async def everyone_in_the_room_hears_a_message(project: Project) -> None:
    first, second = await _enter(project, "lobby", "lobby")
    await first.say("hello")
    if not await first.hears("hello"):
        raise silence.unanswered(project, first)
    if not await second.hears("hello"):
        raise silence.alone(project, first, second)
    await _once(project, first, second)
    await _leave(project, first, second)


async def _once(project: Project, *people: Participant) -> None:
    for person in people:
        await person.rest()
        if len(project.layer.made("group_send")) > 1:
            raise silence.again(project)
        if person.heard.count("hello") > 1:
            raise Fault(
                "C510",
                project.in_method("receive", r"self\.send"),
                times=person.heard.count("hello"),
            )


async def who_leaves_is_gone(project: Project) -> None:
    first, second = await _enter(project, "lobby", "lobby")
    await _leave(project, first)
    ghosts = sorted(project.layer.members())
    left = [call.name for call in project.layer.made("group_discard")]
    if len(ghosts) > 1:
        _require_disconnect(project)
        place = project.in_method("disconnect", "group_discard|def disconnect")
        joined = ghosts[0][0]
        other = (
            f"it leaves {left[-1]!r}, another group or channel"
            if left
            else "group_discard is never called"
        )
        raise Fault("C512", place, group=joined, why=other)
    await _leave(project, second)


def _require_disconnect(project: Project) -> None:
    fault = misspelt(project, "disconnect")
    if fault:
        raise fault


async def rooms_are_apart(project: Project) -> None:
    for one, other in PAIRS:
        first, second = await _enter(project, one, other)
        await first.say("only here")
        await first.hears("only here")
        await second.rest()
        if "only here" in second.heard:
            groups = sorted({call.name for call in project.layer.made("group_send")})
            place = project.in_method("connect", "group_name|group_add")
            raise Fault("C513", place, one=one, other=other, group=groups[-1] if groups else "?")
        if "only here" not in first.heard:
            raise silence.unanswered(project, first)
        await _leave(project, first, second)


async def _enter(project: Project, *rooms: str) -> list[Participant]:
    """Participants who have joined, with nothing recorded from before."""
    project.layer.calls.clear()
    people = [project.participant(room) for room in rooms]
    for person in people:
        if not await person.connect():
            raise silence.refused(project, person)
    return people


async def _leave(project: Project, *people: Participant) -> None:
    for person in people:
        await person.leave()
    fault = silence.goodbye(project, list(people))
    if fault:
        raise fault


CHECKS = [everyone_in_the_room_hears_a_message, rooms_are_apart, who_leaves_is_gone]
