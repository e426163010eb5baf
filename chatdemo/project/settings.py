"""Django settings of the embedded project. Importing them reads the configuration and writes nothing."""

import mimetypes
import socket
from pathlib import Path

from chatdemo import __version__
from chatdemo.common import config, sqlite
from chatdemo.course import course
from chatdemo.project import database, secret_key

CHATDEMO = config.current()
if CHATDEMO.step:
    course.find(CHATDEMO.step)
# Never Django's own error pages, which show settings and code to whoever can reach the server: debug is for the
# terminal.
DEBUG = False
DATABASE = database.locate(CHATDEMO.db)
DATABASE_URI = sqlite.uri(DATABASE or sqlite.MEMORY_URI)
SECRET_KEY = secret_key.read(DATABASE)

# project/hosts.py adds each address that a connection arrives at.
ALLOWED_HOSTS = [".localhost", "127.0.0.1", "[::1]", CHATDEMO.host, *CHATDEMO.allowed_hosts]
ALLOWED_HOSTS += [socket.gethostname(), f"{socket.gethostname()}.local"]

INSTALLED_APPS = [
    "daphne",  # before staticfiles: its runserver takes over (`chatdemo manage runserver`)
    "chatdemo.project",
    "chatdemo.chat",
    "chatdemo.course",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "chatdemo.project.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "chatdemo.project.steps.StepMiddleware",
]
ROOT_URLCONF = "chatdemo.project.urls"
ASGI_APPLICATION = "chatdemo.project.asgi.application"
TEMPLATES = [
    {  # A step's own templates, while a request runs a step: they have the names of the finished chat's.
        "NAME": "steps",
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"loaders": ["chatdemo.course.running.TemplateLoader"]},
    },
    {
        "NAME": "project",
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
    },
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATABASE_URI,
        # A second's wait for a locked database: what waits longer would keep the server from stopping in time.
        # NORMAL is as safe in WAL mode but for the power cut, and doesn't hold the lock while the disk turns.
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 1,
            "init_command": "PRAGMA synchronous = NORMAL",
        },
        # A file, as the tutorial's browser tests need one that their server process can open too.
        "TEST": {"NAME": DATABASE and DATABASE.with_name("test_" + DATABASE.name)},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "chatdemo.realtime.layer.ChannelLayer",
        # A full channel loses events, and 100 (the default) is a burst that one paste can make.
        "CONFIG": {"capacity": 10_000},
    }
}

# The version is in the address, so that a browser never runs an older version's script against this server.
# The inspector answers for its page itself, and is no app. The lessons' charts need its files too.
STATICFILES_DIRS = [("inspector", Path(__file__).parents[1] / "inspector" / "static")]
STATIC_URL = f"static/{__version__}/"
# Windows may have text/plain in its registry for these, and browsers refuse a module or a style sheet of that type.
mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("text/css", ".css")

SESSION_ENGINE = "chatdemo.project.sessions"
# Cookies are shared between the ports of one host: a learner's own project beside ours has "sessionid".
SESSION_COOKIE_NAME = "chatdemo_sessionid"
CSRF_COOKIE_NAME = "chatdemo_csrftoken"
CSRF_FAILURE_VIEW = "chatdemo.project.views.csrf_failure"
X_FRAME_OPTIONS = "SAMEORIGIN"
# Browsers honour it over HTTPS only, and complain in the console everywhere else.
SECURE_CROSS_ORIGIN_OPENER_POLICY = None

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "chatdemo.project.logs.LineFormatter", "tracebacks": CHATDEMO.debug}
    },
    "handlers": {
        "terminal": {"class": "logging.StreamHandler", "formatter": "line"},
        "runserver": {"class": "logging.StreamHandler"},
    },
    "root": {"handlers": ["terminal"], "level": "INFO" if CHATDEMO.debug else "WARNING"},
    "loggers": {
        "django": {"handlers": [], "level": "NOTSET"},  # not twice, and not by Django's own format
        # Pages that are refused say so to who asked for them; the terminal is for what the host must know.
        "django.request": {"level": "INFO" if CHATDEMO.debug else "ERROR"},
        "django.security": {"level": "INFO" if CHATDEMO.debug else "CRITICAL"},
        "daphne": {"level": "WARNING"},
        # What `chatdemo manage runserver` prints, as Daphne formats and colours it.
        "django.channels.server": {"handlers": ["runserver"], "level": "INFO", "propagate": False},
    },
}
