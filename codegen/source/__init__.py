"""Files as text with a position in it, and the way back into the file, byte for byte."""

from codegen.source.position import Located, locate, parse_position, position_of
from codegen.source.read import SourceFile, read_source, read_stdin
from codegen.source.splice import insert

__all__ = [
    "Located",
    "SourceFile",
    "insert",
    "locate",
    "parse_position",
    "position_of",
    "read_source",
    "read_stdin",
]
