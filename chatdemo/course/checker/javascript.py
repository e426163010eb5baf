"""Reads a page's JavaScript by regular expressions: enough to find the mistakes of learners."""

import re
from difflib import get_close_matches

_STRING = r"'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|`(?:\\.|[^`\\])*`"
_OPENING = {")": "(", "]": "[", "}": "{"}
#: Names that a browser's scripts have without declaring them, and JavaScript's keywords.
_BROWSER_NAMES = frozenset(
    """
    window document console location WebSocket JSON Math Date String Number Array Object Promise
    Error alert confirm prompt fetch setTimeout setInterval clearTimeout clearInterval
    encodeURIComponent decodeURIComponent event navigator history localStorage sessionStorage URL
    URLSearchParams Boolean Map Set Symbol RegExp parseInt isNaN parseFloat undefined NaN Infinity
    globalThis self top parent frames crypto performance requestAnimationFrame var let const
    function return if else for while do new in of this null true false typeof instanceof delete
    void switch case break continue default try catch finally throw class extends super import
    export from as async await yield static get set
    """.split()  # noqa: SIM905 # one string is easier to read than a list of 90
)


def without_comments(script: str) -> str:
    """Return the script without its comments."""
    pattern = rf"({_STRING})|//[^\n]*|/\*.*?\*/"
    return re.sub(pattern, lambda match: match[1] or "", script, flags=re.DOTALL)


def outside_functions(script: str) -> str:
    """Return the part of a script that runs before the rest of the page is loaded."""
    if re.search(r"DOMContentLoaded|onload", script):
        return ""
    code, depth = [], 0
    for part in re.split(rf"({_STRING}|[{{}}])", script):
        depth += (part == "{") - (part == "}")
        code.append(part if depth == 0 else "")
    return "".join(code)


def unbalanced(script: str) -> tuple[str, str]:
    """Return the bracket or quotation mark without a counterpart, and its line; empty if none is.

    ``script`` has no comments. Brackets inside regular expressions don't count.
    """
    opened: list[tuple[str, str]] = []
    code = re.sub(r"/(?:\\.|[^/\n*])+/[gimsuy]*(?=[.,);])", "", script)
    code = re.sub(_STRING, lambda match: "\n" * match[0].count("\n"), code)
    for line, rest in zip(script.splitlines(), code.splitlines(), strict=False):
        if re.search(r"['\"]", rest):
            return "a quotation mark", line
        for char in re.findall(r"[()\[\]{}]", rest):
            if char in "([{":
                opened.append((char, line))
            elif not opened or opened.pop()[0] != _OPENING[char]:
                return char, line
    return opened[-1] if opened else ("", "")


def unparsed_json(script: str, ids: set[str]) -> str:
    """Return the JSON block, one of ``ids``, that the script reads without JSON.parse, or ""."""
    others = re.sub(r"JSON\.parse\(\s*\w+\.data", "", script)  # what arrives is parsed too
    if "JSON.parse" in others:
        return ""
    return next(iter(ids & set(looked_up_ids(script))), "")


def looked_up_ids(script: str) -> list[str]:
    """Return the ids by which a script looks up elements."""
    pattern = r"""getElementById\(\s*['"`]([\w-]+)|querySelector(?:All)?\(\s*['"`]#([\w-]+)['"`]"""
    return [first or second for first, second in re.findall(pattern, script)]


def socket_address(script: str) -> str | None:
    """Return the address in ``new WebSocket(...)``, with ``{}`` for expressions.

    ``'ws://' + window.location.host + '/ws/chat/' + roomName + '/'`` gives
    ``ws://{}/ws/chat/{}/``. None if the address can't be read.
    """
    call = re.search(r"new\s+WebSocket\(", script)
    if not call:
        return None
    argument = _first_argument(script[call.end() :])
    name = re.fullmatch(r"\s*(\w+)\s*", argument)
    if name:
        assigned = re.search(rf"\b{name[1]}\s*=([^;]*?)(?:;|\n\s*\n|$)", script)
        argument = assigned[1] if assigned else ""
    return _template(script, argument) if re.search(r"['\"`]", argument) else None


def target_address(script: str) -> str:
    """Return the address that the script opens, as ``socket_address`` does, or ""."""
    found = re.search(
        r"location(?:\.(?:pathname|href))?\s*=(?!=)\s*([^;]+?)(?:;|\n\s*\n|\n\s*\}|$)", script
    )
    expression = found[1] if found else ""
    if not found and (call := re.search(r"location\.(?:assign|replace)\(", script)):
        expression = _first_argument(script[call.end() :])
    return _template(script, expression) if re.search(r"['\"`]", expression) else ""


def _first_argument(text: str) -> str:
    """The text up to the bracket that closes a call."""
    depth = 1
    for position, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if not depth:
            return text[:position]
    return text


def _template(script: str, expression: str) -> str:
    """The concatenated string, with ``{}`` for each expression that isn't a constant."""
    constants = rf"\b(?:const|let|var)\s+(\w+)\s*=\s*({_STRING})\s*[;\n]"
    for name, text in re.findall(constants, script):
        if len(re.findall(rf"\b{name}\s*=(?!=)", script)) == 1:
            expression = re.sub(rf"\$\{{\s*{name}\s*\}}", text[1:-1], expression)
            used = rf"(?<![\w.'\"]){name}(?![\w'\"(])"
            expression = re.sub(used, text.replace("\\", r"\\"), expression)
    parts = []
    for part in re.split(rf"({_STRING})", expression):
        is_string = part[:1] in ("'", '"', "`")
        parts.append(part[1:-1] if is_string else "{}" * bool(part.strip("+ \n\t\r,")))
    return re.sub(r"\$\{[^}]*\}", "{}", "".join(parts))


def undeclared(script: str) -> tuple[str, str] | None:
    """Return a name that isn't declared, and the declared one that it misspells, if any."""
    code = re.sub(_STRING, "''", script)
    declared = set(re.findall(r"\b(?:const|let|var|function|class)\s+(\w+)", code))
    parameters = re.findall(
        r"function\s*\w*\s*\(([^)]*)\)|\(([^()]*)\)\s*=>|(\b\w+)\s*=>|catch\s*\((\w+)\)", code
    )
    declared |= set(re.findall(r"\w+", " ".join(map(" ".join, parameters))))
    candidates = declared | {"WebSocket", "JSON", "document", "window"}
    for name in re.findall(r"(?<![\w.$'])([A-Za-z_$][\w$]*)(?!\s*:[^:])", code):
        if name in declared | _BROWSER_NAMES:
            continue
        if close := get_close_matches(name, candidates, n=1, cutoff=0.75):
            return name, close[0]
    return None
