"""Django's shell, with the names at hand that the tutorial's experiment on the channel layer uses."""

from django.core.management.commands.shell import Command as ShellCommand


class Command(ShellCommand):
    def get_auto_imports(self) -> list[str]:
        return [
            *super().get_auto_imports(),
            "channels.layers.get_channel_layer",
            "asgiref.sync.async_to_sync",
        ]
