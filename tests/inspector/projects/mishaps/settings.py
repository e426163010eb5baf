import json
import os

SECRET_KEY = "not a secret: for tests"
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = ["channels"]
CHANNEL_LAYERS = {"default": {"BACKEND": os.environ["STRANGERS_LAYER"], "CONFIG": {**json.loads(os.environ["STRANGERS_CONFIG"]), "capacity": 3}}}
