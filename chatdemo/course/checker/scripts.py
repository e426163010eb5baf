"""What is read out of a page's JavaScript without running it: enough to find the mistakes that learners make."""

import re
from difflib import get_close_matches

_STRING = r"'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|`(?:\\.|[^`\\])*`"


def without_comments(script: str) -> str:
    pattern = rf"({_STRING})|//[^\n]*|/\*.*?\*/"
    return re.sub(pattern, lambda match: match[1] or "", script, flags=re.DOTALL)


def at_once(script: str) -> str:
    """The part of a script that runs before the rest of the page is there: what is in no function."""
    if re.search(r"DOMContentLoaded|onload", script):
        return ""
    kept, depth = [], 0
    for part in re.split(rf"({_STRING}|[{{}}])", script):
        depth += (part == "{") - (part == "}")
        kept.append(part if depth == 0 else "")
    return "".join(kept)


_PARTNERS = {")": "(", "]": "[", "}": "{"}


def unbalanced(script: str) -> tuple[str, str]:
    """A bracket or quotation mark without its partner, as a sentence's end, and its line; empty texts if none is.

    ``script`` has no comments. Regular expressions with brackets in them aren't looked into.
    """
    opened: list[tuple[str, str]] = []
    code = re.sub(r"/(?:\\.|[^/\n*])+/[gimsuy]*(?=[.,);])", "", script)
    code = re.sub(_STRING, lambda match: "\n" * match[0].count("\n"), code)
    for line, kept in zip(script.splitlines(), code.splitlines(), strict=False):
        if re.search(r"['\"]", kept):
            return "a quotation mark has no partner", line
        for char in re.findall(r"[()\[\]{}]", kept):
            if char in "([{":
                opened.append((char, line))
            elif not opened or opened.pop()[0] != _PARTNERS[char]:
                return f"{char} has no partner", line
    return (f"{opened[-1][0]} has no partner", opened[-1][1]) if opened else ("", "")


def unparsed_json(script: str, ids: set[str]) -> str:
    """The one of ``ids``, blocks of JSON, whose text the script takes as it is; an empty string if it takes none so."""
    others = re.sub(r"JSON\.parse\(\s*\w+\.data", "", script)  # what arrives is parsed too
    return next((id for id in ids & set(looked_up(script)) if "JSON.parse" not in others), "")


def looked_up(script: str) -> list[str]:
    """The ids that a script looks elements up by."""
    pattern = r"""getElementById\(\s*['"`]([\w-]+)|querySelector(?:All)?\(\s*['"`]#([\w-]+)['"`]"""
    return [first or second for first, second in re.findall(pattern, script)]


def socket_address(script: str) -> str | None:
    """The address that ``new WebSocket(...)`` is given, ``{}`` for what isn't written out; None if that can't be told.

    ``'ws://' + window.location.host + '/ws/chat/' + roomName + '/'`` gives ``ws://{}/ws/chat/{}/``.
    """
    call = re.search(r"new\s+WebSocket\(", script)
    if not call:
        return None
    argument = _argument(script[call.end() :])
    name = re.fullmatch(r"\s*(\w+)\s*", argument)
    if name:
        assigned = re.search(rf"\b{name[1]}\s*=([^;]*?)(?:;|\n\s*\n|$)", script)
        argument = assigned[1] if assigned else ""
    return _template(_fill_in(script, argument)) if re.search(r"['\"`]", argument) else None


def target_address(script: str) -> str:
    """The address that the script sends the browser to, in ``socket_address``'s way; empty if it can't be told."""
    found = re.search(
        r"location(?:\.(?:pathname|href))?\s*=(?!=)\s*([^;]+?)(?:;|\n\s*\n|\n\s*\}|$)", script
    )
    expression = found[1] if found else ""
    if not found and (call := re.search(r"location\.(?:assign|replace)\(", script)):
        expression = _argument(script[call.end() :])
    return _template(_fill_in(script, expression)) if re.search(r"['\"`]", expression) else ""


def _argument(text: str) -> str:
    """The text up to the bracket that closes a call."""
    depth = 1
    for position, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if not depth:
            return text[:position]
    return text


def _template(expression: str) -> str:
    """The concatenated string, with ``{}`` for each stretch of code in it."""
    parts = re.split(rf"({_STRING})", expression)
    written = [
        part[1:-1] if part[:1] in "'\"`" and part else "{}" * bool(part.strip("+ \n\t\r,"))
        for part in parts
    ]
    return re.sub(r"\$\{[^}]*\}", "{}", "".join(written))


def _fill_in(script: str, expression: str) -> str:
    """The expression with each name that the script sets to a text, and only once, replaced by that text."""
    for name, text in re.findall(rf"\b(?:const|let|var)\s+(\w+)\s*=\s*({_STRING})\s*[;\n]", script):
        if len(re.findall(rf"\b{name}\s*=(?!=)", script)) > 1:
            continue
        expression = re.sub(rf"\$\{{\s*{name}\s*\}}", text[1:-1], expression)
        expression = re.sub(
            rf"(?<![\w.'\"]){name}(?![\w'\"(])", lambda _, text=text: text, expression
        )
    return expression


#: Names that a browser's scripts have without declaring them.
_BROWSER = set(
    "window document console location WebSocket JSON Math Date String Number Array Object Promise Error alert confirm"
    " prompt fetch setTimeout setInterval clearTimeout clearInterval encodeURIComponent decodeURIComponent event"
    " navigator history localStorage sessionStorage URL URLSearchParams Boolean Map Set Symbol RegExp parseInt isNaN"
    " parseFloat undefined NaN Infinity globalThis self top parent frames crypto performance requestAnimationFrame"
    " var let const function return if else for while do new in of this null true false typeof instanceof delete void"
    " switch case break continue default try catch finally throw class extends super import export from as async await"
    " yield static get set".split()
)


def undeclared(script: str) -> tuple[str, str] | None:
    """A name in a script that is a misspelling of one that the script declares, and that one."""
    code = re.sub(_STRING, "''", script)
    declared = set(re.findall(r"\b(?:const|let|var|function|class)\s+(\w+)", code))
    groups = re.findall(
        r"function\s*\w*\s*\(([^)]*)\)|\(([^()]*)\)\s*=>|(\b\w+)\s*=>|catch\s*\((\w+)\)", code
    )
    declared |= {name for group in groups for text in group for name in re.findall(r"\w+", text)}
    used = re.findall(r"(?<![\w.$'])([A-Za-z_$][\w$]*)(?!\s*:[^:])", code)
    known = declared | _BROWSER
    for name in used:
        if name not in known:
            close = get_close_matches(
                name, declared | {"WebSocket", "JSON", "document", "window"}, n=1, cutoff=0.75
            )
            if close:
                return name, close[0]
    return None
