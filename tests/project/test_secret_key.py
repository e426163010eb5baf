"""Django's secret key, beside the database."""

import stat

import pytest

from chatdemo.common.errors import ChatdemoError
from chatdemo.project import secret_key
from tests.support.served import Served


def test_it_is_random_and_made_once_for_its_owner_alone(tmp_path):
    one, other = tmp_path / "one.sqlite3", tmp_path / "other.sqlite3"
    for database in (one, other, one):
        secret_key.ensure_exists(database)
    assert len(secret_key.read(one)) == 64
    assert secret_key.read(one) == secret_key.read(one) != secret_key.read(other)
    assert stat.S_IMODE((tmp_path / "one.sqlite3.key").stat().st_mode) == 0o600


def test_one_that_others_could_read_is_closed_to_them(tmp_path):
    key = tmp_path / "chat.sqlite3.key"
    key.write_text("k" * 64, "ascii")
    key.chmod(0o644)
    secret_key.ensure_exists(tmp_path / "chat.sqlite3")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_without_a_file_it_is_this_processes_own_and_nothing_is_written(tmp_path):
    assert len(secret_key.read(None)) == len(secret_key.read(tmp_path / "chat.sqlite3")) == 64
    assert list(tmp_path.iterdir()) == []


def test_a_start_that_is_broken_off_leaves_no_half_a_key(tmp_path, monkeypatch):
    def broken_off(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.link", broken_off)
    with pytest.raises(KeyboardInterrupt):
        secret_key.ensure_exists(tmp_path / "chat.sqlite3")
    assert list(tmp_path.iterdir()) == []


def test_of_two_that_start_at_once_both_use_the_first_ones_key(tmp_path, monkeypatch):
    def overtaken(source, target):
        target.write_text("k" * 64, "ascii")
        raise FileExistsError

    monkeypatch.setattr("os.link", overtaken)
    secret_key.ensure_exists(tmp_path / "chat.sqlite3")
    assert secret_key.read(tmp_path / "chat.sqlite3") == "k" * 64
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 64])
def test_a_damaged_one_is_refused_and_left_as_it_is(tmp_path, content):
    key = tmp_path / "chat.sqlite3.key"
    key.write_bytes(content)
    with pytest.raises(
        ChatdemoError, match=r"The secret key .* (is damaged|can't be used)"
    ) as caught:
        secret_key.ensure_exists(tmp_path / "chat.sqlite3")
    assert "chatdemo creates a new one" in caught.value.hint
    assert key.read_bytes() == content


def test_one_that_cannot_be_used_says_why(tmp_path):
    (tmp_path / "chat.sqlite3.key").mkdir()
    with pytest.raises(
        ChatdemoError, match=r"The secret key .*\.key can't be used: .*Is a directory"
    ):
        secret_key.ensure_exists(tmp_path / "chat.sqlite3")


@pytest.mark.parametrize(
    "content, message",
    [
        (None, "The secret key file {} can't be read: No such file or directory."),
        (
            "kéy".encode(),
            "The secret key file {} can't be read: it isn't text of ASCII characters.",
        ),
        (b"short\n", "The secret key file {} has fewer than 64 characters."),
    ],
)
def test_a_file_of_the_setting_that_cannot_be_used(tmp_path, content, message):
    path = tmp_path / "key"
    if content:
        path.write_bytes(content)
    with pytest.raises(ChatdemoError) as caught:
        secret_key.read_file(path)
    assert caught.value.message == message.format(path)
    assert str(path) in caught.value.hint or "secret_key_file" in caught.value.hint


def test_the_command_says_so_in_two_lines(tmp_path):
    settings = {"CHATDEMO_SECRET_KEY_FILE": str(tmp_path / "none")}
    with Served(tmp_path, ready=False, **settings) as server:
        assert server.wait() == 1
    assert server.lines[0].startswith(f"Error: The secret key file {tmp_path / 'none'} can't be")
    assert len(server.lines) == 2
