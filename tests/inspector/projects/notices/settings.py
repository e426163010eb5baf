import json
import os

SECRET_KEY = "not a secret: for tests"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "tests.inspector.projects.notices.urls"
INSTALLED_APPS = ["channels", "tests.inspector.projects.notices"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["STRANGERS_DB"]}}
CONFIG = json.loads(os.environ["STRANGERS_CONFIG"])
CHANNEL_LAYERS = {"default": {"BACKEND": os.environ["STRANGERS_LAYER"], "CONFIG": CONFIG}}
