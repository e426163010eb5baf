"""Static files: the hash in their address, and what is sent to which browser."""

import gzip

import pytest

from chatdemo.common import static_files


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "page.js").write_text("export const one = 1;\n" * 50, encoding="utf-8")
    return tmp_path


def test_the_hash_depends_on_contents_and_names(folder):
    first = static_files.hash_of([folder])
    assert first == static_files.hash_of([folder])
    (folder / "page.js").write_text("export const one = 2;\n", encoding="utf-8")
    second = static_files.hash_of([folder])
    (folder / "page.js").rename(folder / "other.js")
    assert len({first, second, static_files.hash_of([folder])}) == 3


def test_files_that_are_not_served_do_not_change_the_hash(folder):
    before = static_files.hash_of([folder])
    (folder / "page.js.orig").write_text("x", encoding="utf-8")
    assert static_files.hash_of([folder]) == before


def test_a_scripts_lines_that_are_comments_are_sent_empty(folder):
    (folder / "page.js").write_text('// A comment.\nrun("//x"); // one\n  // two\n', "utf-8")
    (folder / "page.css").write_text("// none in CSS\n", "utf-8")
    assert static_files.read(folder / "page.js").content == b'\nrun("//x"); // one\n\n'
    assert static_files.read(folder / "page.css").content == b"// none in CSS\n"


def test_a_browser_that_accepts_gzip_gets_the_file_compressed(folder):
    file = static_files.read(folder / "page.js")
    headers, body = file.body("gzip, deflate, br")
    assert headers["Content-Encoding"] == "gzip" and headers["Vary"] == "Accept-Encoding"
    assert int(headers["Content-Length"]) == len(body) < len(file.content)
    assert gzip.decompress(body) == file.content
    headers, body = file.body("")
    assert "Content-Encoding" not in headers and body == file.content


def test_a_small_file_is_sent_as_it_is(tmp_path):
    (tmp_path / "small.css").write_text("a{}", encoding="utf-8")
    headers, body = static_files.read(tmp_path / "small.css").body("gzip")
    assert "Content-Encoding" not in headers and body == b"a{}"


@pytest.mark.parametrize(
    ("accept_encoding", "accepts"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000, br", False),
        ("x-gzipped", False),
        ("identity", False),
        ("", False),
    ],
)
def test_it_is_known_who_accepts_gzip(accept_encoding, accepts):
    assert static_files.accepts_gzip(accept_encoding) is accepts
