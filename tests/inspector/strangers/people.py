"""Who there is: anna and bob, by their numbers."""

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.backends import BaseBackend

NAMES = {1: "anna", 2: "bob"}


class Backend(BaseBackend):
    def get_user(self, user_id):
        name = NAMES.get(user_id)
        return name and get_user_model()(pk=user_id, username=name, password="unusable")


def session_of(user_id):
    """What the session of one who has logged in has in it."""
    user = Backend().get_user(user_id)
    backend = settings.AUTHENTICATION_BACKENDS[0]
    return {SESSION_KEY: str(user_id), BACKEND_SESSION_KEY: backend, HASH_SESSION_KEY: user.get_session_auth_hash()}
