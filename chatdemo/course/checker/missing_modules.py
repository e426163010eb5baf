"""Says why an import fails: where the file is, or which package has the module."""

import importlib.util
import pkgutil
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

from chatdemo.course.checker.older_tutorials import todays_import
from chatdemo.course.checker.source_files import Sources, suggestion

#: The distributions of modules that beginners use, as `pip install` needs their names.
DISTRIBUTIONS = dict(
    pair.split("=")
    for pair in """
    MySQLdb=mysqlclient PIL=pillow allauth=django-allauth bs4=beautifulsoup4 celery=celery
    channels=channels channels_redis=channels-redis corsheaders=django-cors-headers
    crispy_bootstrap5=crispy-bootstrap5 crispy_forms=django-crispy-forms cv2=opencv-python
    daphne=daphne debug_toolbar=django-debug-toolbar decouple=python-decouple
    dj_database_url=dj-database-url django_extensions=django-extensions
    django_filters=django-filter dotenv=python-dotenv environ=django-environ
    guardian=django-guardian import_export=django-import-export jwt=PyJWT markdown=Markdown
    numpy=numpy psycopg=psycopg psycopg2=psycopg2-binary pytest_asyncio=pytest-asyncio
    pytest_django=pytest-django redis=redis requests=requests rest_framework=djangorestframework
    rest_framework_simplejwt=djangorestframework-simplejwt selenium=selenium
    sklearn=scikit-learn storages=django-storages taggit=django-taggit uvicorn=uvicorn
    whitenoise=whitenoise widget_tweaks=django-widget-tweaks yaml=PyYAML
    """.split()  # noqa: SIM905 # one text is easier to read than 40 pairs
)


def why_missing(sources: Sources, name: str) -> str:
    """Return a sentence about the module ``name``, which can't be found."""
    if today := todays_import(name):
        return today
    top, *rest = name.split(".")
    if rest and importlib.util.find_spec(top) and not _is_own(sources, top):
        return _why_not_in_package(name)
    return _misplaced(sources, name) or _not_installed(sources, top)


def why_not_in_module(sources: Sources, name: str, module: str) -> str:
    """Return a sentence about ``name``, which can't be imported from the module ``module``."""
    if today := todays_import(module, name):
        return today
    own = sources.module_file(module)
    if own.endswith("__init__.py") or (not own and _is_own(sources, module.partition(".")[0])):
        return _misplaced(sources, f"{module}.{name}")
    known = [other for other in dir(sys.modules.get(module)) if not other.startswith("__")]
    if own:
        defined = [getattr(node, "name", "") for node in sources.tree(own).body]
        known += filter(None, defined)  # those below the line that failed too
    if guess := suggestion(name, known):
        return guess.strip()
    public = [other for other in dict.fromkeys(known) if not other.startswith("_")]
    return f"It has {', '.join(public[:4])}." if own and 0 < len(public) <= 4 else ""


def _is_own(sources: Sources, top: str) -> bool:
    return (sources.folder / top).is_dir() or (sources.folder / f"{top}.py").is_file()


def _why_not_in_package(name: str) -> str:
    """A sentence about a module that an installed package doesn't have."""
    package, _, leaf = name.rpartition(".")
    try:
        spec = importlib.util.find_spec(package)
    except ImportError:
        spec = None
    paths = spec and spec.submodule_search_locations
    known = [module.name for module in pkgutil.iter_modules(paths)] if paths else []
    guess = suggestion(leaf, known, f"Did you mean '{package}.{{}}'?")
    return guess or f"The installed version of {name.partition('.')[0]} has no such module."


def _misplaced(sources: Sources, name: str) -> str:
    """A sentence about the file or folder that has the module's code, or nearly its name; empty if
    there is none.
    """
    *parents, leaf = name.split(".")
    folder = "/".join(parents)
    wanted = f"{folder}/{leaf}.py" if folder else leaf
    if folder and not (sources.folder / folder).is_dir():
        return _misplaced(sources, ".".join(parents))
    if folder:
        missing = f"The file {wanted} doesn't exist."
        found = _similar_entry(sources.folder / folder, leaf)
        found = f"{folder}/{found}" if found else _same_entries(sources, leaf)
        return f"{missing} There is {found}." if found else missing
    if inside := _same_entries(sources, leaf):
        return f"There is {inside}, but Python looks for {leaf!r} beside manage.py."
    if near := _similar_entry(sources.folder, leaf):
        return f"There is no module {leaf!r} beside manage.py, but {near!r}."
    if _has_python(sources.folder.parent / leaf):
        return f"The folder {leaf!r} is beside the project's folder, not in it, beside manage.py."
    return ""


def _similar_entry(folder: Path, leaf: str) -> str:
    """The entry of the folder that may be meant by the module ``leaf``, or ""."""
    entries = [
        entry.name
        for entry in sorted(folder.iterdir())
        if not entry.name.startswith((".", "__"))
        and (entry.suffix == ".py" or _has_python(entry) or entry.name.startswith(leaf))
    ]
    stems = {entry.partition(".")[0]: entry for entry in entries}
    lower = {stem.lower(): entry for stem, entry in stems.items()}
    if leaf.lower() in lower:
        return lower[leaf.lower()]
    return stems.get(suggestion(leaf, stems, "{}"), "")


def _same_entries(sources: Sources, leaf: str) -> str:
    """The paths of the files or packages of that name anywhere in the project, or ""."""
    found = dict.fromkeys(
        path.as_posix()
        for file in map(Path, sources.python)
        for path in (file, *file.parents)
        if path.stem == leaf
    )
    return " and ".join(found)


def _has_python(folder: Path) -> bool:
    return folder.is_dir() and any(folder.glob("*.py"))


def _not_installed(sources: Sources, top: str) -> str:
    """A sentence about a package that isn't installed, or whose name is misspelt."""
    if top in DISTRIBUTIONS:
        command = f"python -m pip install {DISTRIBUTIONS[top]}"
        return f"The package isn't installed for the Python that runs this check: {command}"
    known = {*sys.stdlib_module_names, *packages_distributions(), *DISTRIBUTIONS}
    own = {file.partition("/")[0].removesuffix(".py") for file in sources.python}
    if guess := suggestion(top, known | own, "Did you mean {!r}?"):
        return guess
    return "Neither the project nor an installed package has a module of that name."
