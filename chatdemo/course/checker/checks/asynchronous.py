"""Step 6: the consumer is asynchronous, and nothing in it holds the others up."""

from chatdemo.course.checker.causes.blocking import blocking
from chatdemo.course.checker.faults import Fault
from chatdemo.course.checker.project import Project


def the_consumer_is_asynchronous(project: Project) -> None:
    from channels.consumer import SyncConsumer

    if project.consumer and issubclass(project.consumer, SyncConsumer):
        base = next(
            base.__name__
            for base in project.consumer.__mro__
            if base.__module__.startswith("channels.")
        )
        raise Fault("C600", project.consumer_place, base=base)


def nothing_blocks(project: Project) -> None:
    fault = blocking(project)
    if fault:
        raise fault


CHECKS = [the_consumer_is_asynchronous, nothing_blocks]
