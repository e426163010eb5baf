import os

SECRET_KEY = "not a secret: for tests"
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = ["channels"]
LAYER = {"BACKEND": os.environ["STRANGERS_LAYER"]}
CHANNEL_LAYERS = {"default": LAYER, "alerts": {**LAYER, "CONFIG": {"capacity": 20}}}
