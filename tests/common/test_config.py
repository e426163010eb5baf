"""The table of settings, and how a value gets in."""

import dataclasses

import pytest

from chatdemo.common import config
from chatdemo.common.config import Config, load
from chatdemo.common.errors import UsageError


def refusal(**arguments) -> UsageError:
    with pytest.raises(UsageError) as caught:
        load(**{"environ": {}, **arguments})
    return caught.value


def written(folder, text: str) -> str:
    path = folder / "chatdemo.toml"
    path.write_text(text, "utf-8")
    return str(path)


def test_without_anything_every_setting_has_its_default(folder):
    assert load(environ={}) == Config()


def test_an_option_overrides_the_environment_and_that_the_file(folder):
    written(folder, 'port = 1\nhost = "file"\ndb = "file"')
    environ = {"CHATDEMO_PORT": "2", "CHATDEMO_HOST": "environ"}
    loaded = load({"port": "3", "host": None}, environ)
    assert (loaded.port, loaded.host, loaded.db) == (3, "environ", "file")


@pytest.mark.parametrize(
    ("variable", "text", "value"),
    [
        ("PORT", "0", 0),
        ("DEBUG", "yes", True),
        ("DEBUG", "OFF", False),
        ("ALLOWED_HOSTS", "a.example, b.example,", ("a.example", "b.example")),
        ("ALLOWED_HOSTS", "", ()),
        ("ALLOWED_HOSTS", '["a.example"]', ("a.example",)),
        ("DB", ":memory:", ":memory:"),
    ],
)
def test_a_variable_is_parsed_as_its_setting_wants(folder, variable, text, value):
    assert getattr(load(environ={"CHATDEMO_" + variable: text}), variable.lower()) == value


def test_the_file_may_be_named_by_option_or_by_variable(folder):
    (folder / "other.toml").write_bytes(
        b"\xef\xbb\xbfport = 81"
    )  # with the mark that Windows' editor puts first
    assert load(environ={}, file="other.toml").port == 81
    assert load(environ={"CHATDEMO_CONFIG": "other.toml"}).port == 81


def test_a_list_in_the_file_becomes_a_tuple(folder):
    assert load(environ={}, file=written(folder, 'allowed_hosts = ["a"]')).allowed_hosts == ("a",)


@pytest.mark.parametrize("value", ["65536", "-1", 70000])
def test_a_port_out_of_range_names_the_range(value):
    error = refusal(flags={"port": value})
    assert error.message == f"--port: {value} is out of range."
    assert error.hint == "Give a whole number from 0 to 65535."


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("port", "eighty", "a whole number, such as 8000"),
        ("port", True, "a whole number, such as 8000"),
        ("port", 80.5, "a whole number, such as 8000"),
        ("open", "perhaps", "true or false, such as false"),
        ("open", 1, "true or false, such as false"),
        ("host", 127, 'a string, such as "127.0.0.1"'),
        ("db", "a\0b", 'a string, such as ""'),
        ("allowed_hosts", '["a"', 'a list of strings, such as ["chat.example.org"]'),
        ("allowed_hosts", 5, 'a list of strings, such as ["chat.example.org"]'),
        ("allowed_hosts", [5], 'a list of strings, such as ["chat.example.org"]'),
    ],
)
def test_a_value_of_another_type_is_shown_with_the_wanted_one(name, value, wanted):
    error = refusal(flags={name: value})
    type_name, example = wanted.split(", such as ")
    assert error.message == f"--{name.replace('_', '-')}: {value!r} must be {type_name}."
    assert error.hint == f"An example: {example}."


def test_a_url_that_may_have_a_password_is_not_shown():
    error = refusal(flags={"redis": ["redis://:secret@127.0.0.1"]})
    assert error.message == "--redis: the value must be a string."


def test_an_unknown_key_in_the_file_names_the_known_ones(folder):
    path = written(folder, "prot = 8000")
    error = refusal(file=path)
    assert error.message == f"'prot' in {path} is not a setting."
    assert error.hint == "Did you mean port? The settings are:"
    assert error.choices == list(config.SETTINGS)


def test_a_key_in_capitals_is_recognized(folder):
    assert refusal(file=written(folder, "PORT = 1")).hint.startswith("Did you mean port? ")


def test_an_unknown_variable_names_the_known_ones():
    error = refusal(environ={"CHATDEMO_COLOUR": "red"})
    assert error.message == "CHATDEMO_COLOUR is not a setting."
    assert error.hint == "The settings are these, with CHATDEMO_ before each:"
    assert error.choices == [name.upper() for name in config.SETTINGS]


def test_an_unknown_variable_names_the_most_similar_one():
    error = refusal(environ={"CHATDEMO_MAXRATE": "1"})
    assert error.hint.startswith("Did you mean CHATDEMO_MAX_RATE? The settings are these, ")


def test_a_switch_of_the_test_suite_is_no_unknown_variable(folder):
    assert load(environ={"CHATDEMO_TEST_ALL": "1"}) == Config()


def test_a_file_that_is_not_toml_says_where(folder):
    error = refusal(file=written(folder, "port: 8000"))
    assert "isn't valid TOML: " in error.message and "line 1" in error.message
    assert (
        error.hint == "Write each setting once, on its own line, in UTF-8. For example: port = 8000"
    )


def test_a_file_that_is_not_text_is_refused(folder):
    (folder / "chatdemo.toml").write_bytes(b"port = 8000 # caf\xe9")
    assert "chatdemo.toml isn't valid TOML: 'utf-8' codec can't decode" in refusal().message


def test_a_named_file_must_exist(folder):
    error = refusal(file="none.toml")
    assert error.message == "none.toml can't be read: No such file or directory."
    assert (
        error.hint == "Set --config or CHATDEMO_CONFIG to a file that exists and that you may read."
    )


def test_a_folder_is_no_file(folder):
    (folder / "chatdemo.toml").mkdir()
    assert load(environ={}) == Config()
    assert "can't be read" in refusal(file="chatdemo.toml").message


def test_the_settings_in_use_are_those_a_command_chose(folder, monkeypatch):
    monkeypatch.setattr(config, "_active", None)
    assert config.current() == Config()
    chosen = config.use(dataclasses.replace(Config(), port=1))
    assert config.current() is chosen
