"""Where a visitor is in the course, kept in their session."""

import re
import secrets
from dataclasses import dataclass, field

from django.http import HttpRequest

from chatdemo.course import course

KEY = "learn"
#: What a token is made of: what every room, group and channel may have in its name, and no two that look alike.
ALPHABET, LENGTH = "abcdefghjkmnpqrstuvwxyz23456789", 6


def _new_token() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


@dataclass
class Progress:
    """``token`` names what is the visitor's own; ``here`` is the step opened last, ``done`` are those finished."""

    token: str = field(default_factory=_new_token)
    here: course.Step | None = None
    done: set[course.Step] = field(default_factory=set)

    @property
    def next(self) -> course.Step:
        """The step to go on with: the one opened last, or the first after it that isn't done."""
        first = self.here.number - 1 if self.here else 0
        left = [
            step
            for step in (*course.steps()[first:], *course.steps()[:first])
            if step not in self.done
        ]
        return left[0] if left else course.steps()[0]

    @property
    def finished(self) -> bool:
        return self.done == set(course.steps())


def read(request: HttpRequest) -> Progress:
    """The visitor's progress, or a new one if they have none."""
    stored = request.session.get(KEY)
    return _decode(stored) if isinstance(stored, dict) else Progress()


def write(request: HttpRequest, progress: Progress) -> None:
    """Stores the progress in the visitor's session, unless that has it already."""
    stored = _encode(progress)
    if request.session.get(KEY) != stored:
        request.session[KEY] = stored


def _encode(progress: Progress) -> dict:
    done = [step.name for step in course.steps() if step in progress.done]
    return {"token": progress.token, "here": progress.here and progress.here.name, "done": done}


def _decode(stored: dict) -> Progress:
    """What a session of this version or another has; what it can't have is left out."""
    token, here, done = (stored.get(key) for key in ("token", "here", "done"))
    if not isinstance(token, str) or not re.fullmatch(f"[{ALPHABET}]{{{LENGTH}}}", token):
        token = _new_token()
    done = {step for step in course.steps() if isinstance(done, list) and step.name in done}
    return Progress(token, next((step for step in course.steps() if step.name == here), None), done)
