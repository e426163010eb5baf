"""How far a learner is in the course, stored in their session."""

import re
from dataclasses import dataclass, field

from django.http import HttpRequest
from django.utils.crypto import get_random_string

from chatdemo.course.outline import Step, steps

SESSION_KEY = "learn"
#: Allowed in every name of a room, group and channel, and easy to tell apart.
TOKEN_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
TOKEN_LENGTH = 6


def _new_token() -> str:
    return get_random_string(TOKEN_LENGTH, TOKEN_ALPHABET)


@dataclass
class CourseProgress:
    """``here`` is the step opened last, ``done`` are the finished ones. ``token`` is part of the
    names of the learner's rooms and channels.
    """

    token: str = field(default_factory=_new_token)
    here: Step | None = None
    done: set[Step] = field(default_factory=set)

    @property
    def next(self) -> Step:
        """The step to continue with: the one opened last, or the first after it that isn't done."""
        first = self.here.number - 1 if self.here else 0
        in_order = (*steps()[first:], *steps()[:first])
        return next((step for step in in_order if step not in self.done), steps()[0])

    @property
    def finished(self) -> bool:
        """Whether every step is done."""
        return self.done == set(steps())


def load_progress(request: HttpRequest) -> CourseProgress:
    """Return the learner's progress, or a new one if they have none.

    Another version may have stored it: values that aren't valid are left out.
    """
    stored = request.session.get(SESSION_KEY)
    if not isinstance(stored, dict):
        return CourseProgress()
    token, here, done = (stored.get(key) for key in ("token", "here", "done"))
    pattern = f"[{TOKEN_ALPHABET}]{{{TOKEN_LENGTH}}}"
    if not isinstance(token, str) or not re.fullmatch(pattern, token):
        token = _new_token()
    done_steps = {step for step in steps() if isinstance(done, list) and step.name in done}
    here_step = next((step for step in steps() if step.name == here), None)
    return CourseProgress(token, here_step, done_steps)


def store_progress(request: HttpRequest, progress: CourseProgress) -> None:
    """Store the progress in the learner's session, unless it is there already."""
    done = [step.name for step in steps() if step in progress.done]
    here = progress.here.name if progress.here else None
    stored = {"token": progress.token, "here": here, "done": done}
    if request.session.get(SESSION_KEY) != stored:
        request.session[SESSION_KEY] = stored
