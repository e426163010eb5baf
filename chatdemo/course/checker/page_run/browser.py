"""A browser of Chromium's family: where it is, and one that opens an address without a window."""

import os
import shutil
import subprocess
from pathlib import Path

#: The engine without windows starts faster.
HEADLESS_SHELLS = ("chrome-headless-shell", "chromium-headless-shell")
BROWSERS = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("microsoft-edge", "microsoft-edge-stable", "msedge"),
)
MAC_APPLICATIONS = (
    "Chromium.app/Contents/MacOS/Chromium",
    "Google Chrome.app/Contents/MacOS/Google Chrome",
    "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
WINDOWS_PROGRAMS = (
    r"Chromium\Application\chrome.exe",
    r"Google\Chrome\Application\chrome.exe",
    r"Microsoft\Edge\Application\msedge.exe",
)
WINDOWS_FOLDERS = ("ProgramFiles", "ProgramFiles(x86)", "LocalAppData")
#: No window, no request of the browser's own, and no question at the first start.
OPTIONS = (
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-extensions",
    "--disable-dev-shm-usage",  # /dev/shm is small in a container
    "--no-first-run",
    "--no-default-browser-check",
)


def find_browser(commands: tuple[str, ...] = HEADLESS_SHELLS + BROWSERS) -> str | None:
    """Return the path of the first of these commands, or of an installed browser; None without."""
    on_path = next(filter(None, map(shutil.which, commands)), None)
    return on_path or next((str(file) for file in _installed() if file.is_file()), None)


def _installed() -> list[Path]:
    """Where an installer puts a browser that isn't on the PATH."""
    on_mac = [
        Path(root, "Applications", name) for root in ("/", Path.home()) for name in MAC_APPLICATIONS
    ]
    roots = [os.environ[name] for name in WINDOWS_FOLDERS if name in os.environ]
    return on_mac + [Path(root, name) for root in roots for name in WINDOWS_PROGRAMS]


class HeadlessBrowser:
    """A browser that has ``url`` open until it is closed. Its files are in ``folder``."""

    def __init__(self, path: str, url: str, folder: Path):
        self.output = folder / "browser.log"
        profile = f"--user-data-dir={folder / 'browser'}"
        command = [path, *OPTIONS, *_sandbox_options(), profile, url]
        with self.output.open("wb") as file:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=file, stderr=file
            )

    def close(self) -> None:
        """End the browser. What a shell script has started ends with the group of this process."""
        self.process.kill()
        self.process.wait()

    @property
    def failure(self) -> str | None:
        """Why the browser has ended, in its own words; None while it runs."""
        if self.process.poll() is None:
            return None
        lines = self.output.read_text("utf-8", "replace").strip().splitlines()
        return lines[-1][:200] if lines else f"exit code {self.process.returncode}"


def _sandbox_options() -> list[str]:
    """As root, Chromium starts only without its sandbox. It opens nothing but the project here."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return ["--no-sandbox"] if is_root else []
