"""A browser without a screen: it has been on a room's page, and has a session."""

from http.cookiejar import CookieJar
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, ProxyHandler, build_opener

SESSION, CSRF = "chatdemo_sessionid", "chatdemo_csrftoken"


def sign_in(socket: str, name: str) -> str:
    """Visit the room whose WebSocket is at ``socket``, and give oneself a name; the header Cookie to come in with."""
    jar = CookieJar()
    browser = build_opener(HTTPCookieProcessor(jar), ProxyHandler({}))
    where = urlsplit(socket)
    page = f"http://{where.netloc}{where.path.removeprefix('/ws')}"
    browser.open(page).close()
    form = {"name": name, "csrfmiddlewaretoken": _value(jar, CSRF)}
    browser.open(f"{page}name/", urlencode(form).encode()).close()
    return f"{SESSION}={_value(jar, SESSION)}"


def _value(jar: CookieJar, name: str) -> str:
    return next(cookie.value for cookie in jar if cookie.name == name)
