"""The settings that the projects share. Sessions are signed cookies and users no rows: so there is no database."""

SECRET_KEY = "not a secret: for tests"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "tests.inspector.strangers.multichat"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "channels"]
AUTHENTICATION_BACKENDS = ["tests.inspector.strangers.people.Backend"]
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
MIDDLEWARE = ["django.contrib.sessions.middleware.SessionMiddleware"]
