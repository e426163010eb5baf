"""Django settings of the embedded project. Importing them reads the configuration only."""

import mimetypes
import socket
from pathlib import Path

from chatdemo.common import config, sqlite, static_files
from chatdemo.common.redis import TIMEOUT_SECONDS
from chatdemo.course import outline
from chatdemo.project import database, secret_key

CHATDEMO = config.current()
if CHATDEMO.step:
    outline.find_step(CHATDEMO.step)
# Django's debug pages show settings and code to everyone who can reach the server. The setting
# debug is about the terminal only.
DEBUG = False
DATABASE = database.path_of(CHATDEMO.db)
DATABASE_URI = sqlite.uri(DATABASE or sqlite.MEMORY_URI)
SECRET_KEY = (
    secret_key.read_file(Path(CHATDEMO.secret_key_file))
    if CHATDEMO.secret_key_file
    else secret_key.read(DATABASE)
)

# security.py adds each address that a connection arrives at.
ALLOWED_HOSTS = [".localhost", "127.0.0.1", "[::1]", CHATDEMO.host, *CHATDEMO.allowed_hosts]
ALLOWED_HOSTS += [socket.gethostname(), f"{socket.gethostname()}.local"]

INSTALLED_APPS = [
    "daphne",  # before staticfiles: `chatdemo manage runserver` is daphne's then
    "chatdemo.project",
    "chatdemo.chat",
    "chatdemo.course",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "chatdemo.project.compression.CompressionMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "chatdemo.project.security.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "chatdemo.project.step_routing.StepMiddleware",
]
ROOT_URLCONF = "chatdemo.project.urls"
ASGI_APPLICATION = "chatdemo.project.asgi.application"
TEMPLATES = [
    {  # The templates of the step that a request runs: they have the names of the finished chat's.
        "NAME": "steps",
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"loaders": ["chatdemo.course.step_apps.StepTemplateLoader"]},
    },
    {
        "NAME": "project",
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["chatdemo.project.navigation.navigation"]},
    },
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATABASE_URI,
        # A longer wait for a locked database would keep the server from stopping in time. In WAL
        # mode NORMAL is safe except for a power cut, and doesn't hold the lock during a disk flush.
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 1,
            "init_command": "PRAGMA synchronous = NORMAL",
        },
        # A file: the server process of the tutorial's browser tests opens it too.
        "TEST": {"NAME": DATABASE and DATABASE.with_name("test_" + DATABASE.name)},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# A full channel loses events, and one paste can make 100 (the default). A member would leave its
# groups after a day.
_LAYER_OPTIONS = {"capacity": 10_000, "group_expiry": 10 * 365 * 86400}
CHANNEL_LAYERS = {
    "default": {"BACKEND": "chatdemo.realtime.layer.ChannelLayer", "CONFIG": _LAYER_OPTIONS}
}
#: The one that the finished chat uses.
CHAT_CHANNEL_LAYER = "default"

if CHATDEMO.redis:
    # The steps of the course have the tutorial's layer. Its connections must wait without limit.
    _HOST = {
        "address": CHATDEMO.redis,
        "socket_timeout": None,
        "socket_connect_timeout": TIMEOUT_SECONDS,
    }
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": [_HOST], "prefix": "chatdemo:steps", **_LAYER_OPTIONS},
        },
        "chat": {
            "BACKEND": "chatdemo.realtime.redis_channel_layer.RedisChannelLayer",
            "CONFIG": {"url": CHATDEMO.redis, **_LAYER_OPTIONS},
        },
    }
    CHAT_CHANNEL_LAYER = "chat"
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": CHATDEMO.redis,
            "KEY_PREFIX": "chatdemo",
            "OPTIONS": {
                "socket_timeout": TIMEOUT_SECONDS,
                "socket_connect_timeout": TIMEOUT_SECONDS,
            },
        }
    }

# The inspector is no app and serves its own page. The lessons' charts need its files too.
_PACKAGE = Path(__file__).parents[1]
STATICFILES_DIRS = [
    ("inspector", _PACKAGE / "inspector" / "static"),
    ("common", static_files.FOLDER),
]
_FOLDERS = [_PACKAGE / name / "static" for name in ("chat", "common", "course", "inspector")]
# A browser keeps a file until its content changes.
STATIC_URL = f"static/{static_files.hash_of(_FOLDERS)}/"
# `chatdemo manage runserver` serves them by Django's view, which asks mimetypes.
for _suffix, _type in static_files.CONTENT_TYPES.items():
    mimetypes.add_type(_type.partition(";")[0], _suffix)

SESSION_ENGINE = "chatdemo.project.sessions"
if CHATDEMO.redis:
    SESSION_ENGINE = "chatdemo.project.redis_sessions"
# All ports of a host share its cookies, and a learner's project has "sessionid".
SESSION_COOKIE_NAME = "chatdemo_sessionid"
CSRF_COOKIE_NAME = "chatdemo_csrftoken"
CSRF_FAILURE_VIEW = "chatdemo.project.views.csrf_failure"
X_FRAME_OPTIONS = "SAMEORIGIN"
# Browsers ignore the header without HTTPS, and print a warning in their console.
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
        "django": {"handlers": [], "level": "NOTSET"},  # no second line in Django's own format
        # A refused request is answered with a page that says why. The terminal is for the teacher.
        "django.request": {"level": "INFO" if CHATDEMO.debug else "ERROR"},
        "django.security": {"level": "INFO" if CHATDEMO.debug else "CRITICAL"},
        "daphne": {"level": "WARNING"},
        # What `chatdemo manage runserver` prints, in Daphne's format and colours.
        "django.channels.server": {"handlers": ["runserver"], "level": "INFO", "propagate": False},
    },
}
