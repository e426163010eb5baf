"""The settings that the projects share. Sessions are signed cookies and users no rows: so there is no database."""

import json
import os

SECRET_KEY = "not a secret: for tests"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "tests.inspector.strangers.multichat"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "channels"]
AUTHENTICATION_BACKENDS = ["tests.inspector.strangers.people.Backend"]
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
BACKEND = os.environ.get("STRANGERS_LAYER", "channels.layers.InMemoryChannelLayer")
CHANNEL_LAYERS = {"default": {"BACKEND": BACKEND, "CONFIG": json.loads(os.environ.get("STRANGERS_CONFIG", "{}"))}}
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware"]
