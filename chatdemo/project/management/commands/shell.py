"""Django's shell, with the names that the tutorial's experiment on the channel layer uses."""

from django.core.management.commands.shell import Command as ShellCommand


class Command(ShellCommand):
    """`chatdemo manage shell`."""

    def get_auto_imports(self) -> list[str]:
        return [
            *super().get_auto_imports(),
            "channels.layers.get_channel_layer",
            "asgiref.sync.async_to_sync",
        ]
