"""Step 4: a channel layer."""

from chatdemo.course.checker.causes.layer import layer_missing
from chatdemo.course.checker.project import Project


async def a_layer_is_set_up(project: Project) -> None:
    configured = getattr(project.settings, "CHANNEL_LAYERS", None)
    if not isinstance(configured, dict) or "default" not in configured:
        raise layer_missing(project, "the settings give it no layer")
    await project.set_up_layer()


CHECKS = [a_layer_is_set_up]
