"""``python -m chatdemo`` is the same as ``chatdemo``."""

from chatdemo.cli import cli

if __name__ == "__main__":
    cli(prog_name="chatdemo")
