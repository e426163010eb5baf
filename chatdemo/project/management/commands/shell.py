"""`chatdemo manage shell`: Django's shell, which imports two names more.

The tutorial's experiment on the channel layer uses them. Django finds the command in this folder
because ``chatdemo.project`` is one of the INSTALLED_APPS.
"""

from django.core.management.commands.shell import Command as ShellCommand


class Command(ShellCommand):
    """Replaces Django's command of this name."""

    def get_auto_imports(self) -> list[str]:
        return [
            *super().get_auto_imports(),
            "channels.layers.get_channel_layer",
            "asgiref.sync.async_to_sync",
        ]
