import json
import os

SECRET_KEY = "not a secret: for tests"
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = ["channels"]
CONFIG = json.loads(os.environ["STRANGERS_CONFIG"])
LAYER = {"BACKEND": os.environ["STRANGERS_LAYER"], "CONFIG": CONFIG}
ALERTS = {"prefix": CONFIG["prefix"] + "-alerts"} if CONFIG else {"capacity": 20}
CHANNEL_LAYERS = {"default": LAYER, "alerts": {**LAYER, "CONFIG": {**CONFIG, **ALERTS}}}
