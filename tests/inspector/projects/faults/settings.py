import os

SECRET_KEY = "not a secret: for tests"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "tests.inspector.projects.faults.urls"
INSTALLED_APPS = ["channels", "django.contrib.auth", "django.contrib.contenttypes"]
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["STRANGERS_DB"]}}
CHANNEL_LAYERS = {"default": {"BACKEND": os.environ["STRANGERS_LAYER"]}}
MIDDLEWARE = ["tests.inspector.projects.faults.urls.answer_for_maintenance"]
