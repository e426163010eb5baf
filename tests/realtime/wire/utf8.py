"""Byte sequences that a UTF-8 decoder can get wrong, after Markus Kuhn's stress test; in the order of the suite."""

GREEK = "κ\u1f79σμε".encode()  # U+1F79 is of three bytes, the other letters are of two
#: A sequence of two, three, four, five and six bytes each, without the last: of zeros, then of ones.
CUT_SHORT = [
    "c0",
    "e080",
    "f08080",
    "f8808080",
    "fc80808080",
    "df",
    "efbf",
    "f7bfbf",
    "fbbfbfbf",
    "fdbfbfbfbf",
]


def _parse(*sequences: str) -> list[bytes]:
    return [bytes.fromhex(sequence) for sequence in sequences]


def _spaced(first: int, end: int) -> bytes:
    """Each byte from ``first`` to the one before ``end``, with a space after it."""
    return b"".join(bytes([byte]) + b" " for byte in range(first, end))


def _last_two_of_each_plane() -> list[bytes]:
    """U+FFFE and U+FFFF as they recur in the 17 planes of Unicode: not characters, and yet valid."""
    return [chr(plane << 16 | low).encode() for plane in range(17) for low in (0xFFFE, 0xFFFF)]


SEQUENCES: list[list[bytes]] = [
    # 6.5: characters of one, two, three and four bytes in a text; a Greek word
    [*(f"hello{character}world".encode() for character in "$¢€\U00024b62"), GREEK],
    # 6.6: the word, up to each of its bytes
    [GREEK[:end] for end in range(1, len(GREEK) + 1)],
    # 6.7: the first character of each length
    _parse("00", "c280", "e0a080", "f0908080"),
    # 6.8: the same with five and six bytes, which UTF-8 no longer has
    _parse("f888808080", "fc8480808080"),
    # 6.9: the last of each length
    _parse("7f", "dfbf", "efbfbf", "f48fbfbf"),
    # 6.10: the last of four, five and six bytes, as they were before Unicode ended at U+10FFFF
    _parse("f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf"),
    # 6.11: both sides of the surrogates, U+FFFD, the last code point and the one after it
    _parse("ed9fbf", "ee8080", "efbfbd", "f48fbfbf", "f4908080"),
    # 6.12: continuation bytes that continue nothing
    [
        *_parse("80", "bf", "80bf", "80bf80", "80bf80bf", "80bf80bf80", "80bf80bf80bf"),
        bytes(range(0x80, 0xBF)),
    ],
    # 6.13: first bytes with nothing after them
    [
        _spaced(first, end)
        for first, end in [(0xC0, 0xDF), (0xE0, 0xEF), (0xF0, 0xF7), (0xF8, 0xFB), (0xFC, 0xFD)]
    ],
    # 6.14: the last byte is missing
    _parse(*CUT_SHORT),
    # 6.15: all of those in a row
    _parse("".join(CUT_SHORT)),
    # 6.16: bytes that are never in UTF-8
    _parse("fe", "ff", "fefeffff"),
    # 6.17: "/" in more bytes than it needs
    _parse("c0af", "e080af", "f08080af", "f8808080af", "fc80808080af"),
    # 6.18: the greatest code points that are too small for so many bytes
    _parse("c1bf", "e09fbf", "f08fbfbf", "f887bfbfbf", "fc83bfbfbfbf"),
    # 6.19: NUL in more bytes than it needs
    _parse("c080", "e08080", "f0808080", "f880808080", "fc8080808080"),
    # 6.20: surrogates
    _parse("eda080", "edadbf", "edae80", "edafbf", "edb080", "edbe80", "edbfbf"),
    # 6.21: pairs of them
    _parse(
        *(
            high + low
            for high in ("eda080", "edadbf", "edae80", "edafbf")
            for low in ("edb080", "edbfbf")
        )
    ),
    # 6.22: code points that are no characters
    _last_two_of_each_plane(),
    # 6.23: the specials, U+FFF9 to U+FFFF
    [chr(code).encode() for code in range(0xFFF9, 0x10000)],
]
