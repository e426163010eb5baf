"""Each project with the inspector round it, as its own asgi.py would have it: `daphne ….projects.watched:application`.

Which one, its settings say.
"""

import os
from importlib import import_module

from chatdemo.inspector import Inspector

settings = os.environ["DJANGO_SETTINGS_MODULE"]
application = Inspector(import_module(settings.replace(".settings", ".asgi")).application)
