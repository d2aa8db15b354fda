"""From bytes to text: finds the encoding of a file, and keeps bytes that don't fit it."""

import codecs
import re
from dataclasses import dataclass, field

from codegen.errors import SourceError

# UTF-32's little-endian mark begins with UTF-16's, so it is tried first.
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# PEP 263: a comment in one of the first two lines, the second only below a blank or comment line.
_COOKIE = re.compile(rb"[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]+)")
_ESCAPED = re.compile("[\udc80-\udcff]")
_BLANK_OR_COMMENT = re.compile(rb"[ \t\f]*(?:#[^\r\n]*)?(?:\r\n?|\n)")

# Python counts these as text encodings, but they are notations. Every text file is valid in them,
# and no file is written in them.
_NOTATIONS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file's text (without its byte order mark), and how to get its bytes back.

    `encoding` is the codec of the bytes that follow `bom`, which is empty if there is none.
    """

    text: str = field(repr=False)
    encoding: str
    bom: bytes


def decode(name: str, raw: bytes) -> Decoded:
    """The text of a file called `name` in messages.

    A byte order mark decides; then a PEP 263 declaration; else it is UTF-8. What the encoding
    can't read becomes lone surrogates, which `undecodable(encoding)` turns back into the same
    bytes. Raises SourceError for a binary file, and for a declaration that can't be true.
    """
    # If a byte order mark and a declaration disagree, Python refuses the file. The mark is right.
    for bom, encoding in _BOMS:
        if raw.startswith(bom):
            return Decoded(_text(name, raw[len(bom) :], encoding), encoding, bom)
    if b"\0" in raw:
        raise SourceError(f"{name} is a binary file: it holds NUL bytes")
    cookie = _cookie(raw)
    if cookie is None:
        return Decoded(_text(name, raw, "utf-8"), "utf-8", b"")
    declared = cookie[1].decode("ascii")
    encoding = _codec(name, declared)
    text = _text(name, raw, encoding)
    # The declaration was read as ASCII. If an encoding reads these bytes differently (UTF-16,
    # EBCDIC), the file wasn't written in it.
    if declared not in text[: cookie.end()]:
        raise SourceError(f"{name} declares the encoding {declared}, but is not written in it")
    return Decoded(text, encoding, b"")


def undecodable(encoding: str) -> str:
    """The error handler that keeps what `encoding` can't read."""
    # A stray UTF-16 or UTF-32 unit is a surrogate already; escaping one of its bytes would
    # misalign all that follows.
    return "surrogatepass" if encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"


def is_taken_for_utf8(text: str, encoding: str) -> bool:
    """Whether a text that `decode` read as UTF-8 has bytes that aren't UTF-8."""
    return encoding == "utf-8" and _ESCAPED.search(text) is not None


def _cookie(raw: bytes) -> re.Match[bytes] | None:
    first = _COOKIE.match(raw)
    if first is not None:
        return first
    above = _BLANK_OR_COMMENT.match(raw)
    return None if above is None else _COOKIE.match(raw, above.end())


def _codec(name: str, declared: str) -> str:
    # The tokenizer's own rule, which lets Emacs' "utf-8-unix" and "latin-1-dos" through. A file
    # that declares utf-8-sig has no mark here, and must not be given one.
    normal = declared.lower().replace("_", "-")
    if f"{normal}-".startswith("utf-8-"):
        return "utf-8"
    if f"{normal}-".startswith(("latin-1-", "iso-8859-1-", "iso-latin-1-")):
        return "iso8859-1"
    try:
        "".encode(declared)  # refuses codecs from bytes to bytes, as lookup alone doesn't
        encoding = codecs.lookup(declared).name
    except (LookupError, UnicodeError):
        encoding = None
    if encoding is None or encoding in _NOTATIONS:
        raise SourceError(
            f"{name} declares the encoding {declared}, which is no text encoding that Python knows"
        )
    return encoding


def _text(name: str, raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding, undecodable(encoding))
    except UnicodeError as error:
        raise SourceError(f"{name} is not valid {encoding}: {error}") from error
