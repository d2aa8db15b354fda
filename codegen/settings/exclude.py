"""Files that get no suggestions.

No model is asked about files whose names say that they hold secrets, about files that the user
excludes, and about texts that are too long for a person to have written.

A glob is read as in .gitignore, relative to the roots of the workspace:

    *.min.js      without a slash: a file or a directory of that name, at any depth
    generated/    with a slash at the end: directories only
    src/*.py      with a slash inside: from a root on; `*` and `?` stop at a slash
    **/old/*.c    `**` is any number of directories, also none
    *.{pem,crt}   any of the words in braces; [a-z] and [!a-z] are one character

If a directory matches, everything below it is excluded. A glob that begins with `/`, `~/`, a drive
or `**/` is also matched against the absolute path. Upper and lower case are the same, and so are
`/` and a backslash. Unlike .gitignore, `!` can't include files again.
"""

import fnmatch
import functools
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from codegen.reasons import Reason
from codegen.settings.values import shown

MAX_CODE_POINTS: Final = 2_000_000
"""Longer texts are data, and get no suggestions."""

MAX_GLOBS: Final = 100
_MAX_GLOB_LENGTH: Final = 200
_MAX_ALTERNATIVES: Final = 32

_SECRET_NAMES: Final = (
    *(".env", ".env.*", ".env-*", ".envrc", "*.env"),
    *("*.pem", "*.key", "*.p12", "*.pfx", "*.ppk", "*.kdbx", "*.jks", "*.keystore"),
    *("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_ecdsa_sk", "id_ed25519_sk"),
    *(".netrc", "_netrc", ".pypirc", ".npmrc", ".git-credentials", ".pgpass", ".htpasswd"),
    *(".my.cnf", ".mylogin.cnf", ".s3cfg", ".boto", ".dockercfg", ".vault-token"),
    *("application_default_credentials.json", "accesstokens.json"),
    *("credentials.json", "secrets.json", "secrets.toml", "secrets.yaml", "secrets.yml"),
    *("*.tfvars", "*.tfvars.json", "*.tfstate"),
)
_SECRET_NAME: Final = re.compile("|".join(map(fnmatch.translate, _SECRET_NAMES)))
_SECRET_PATHS: Final = (
    *(".aws/credentials", ".aws/config", ".docker/config.json", ".kube/config"),
    *(".cargo/credentials", ".cargo/credentials.toml", ".gem/credentials", ".m2/settings.xml"),
    "gh/hosts.yml",
)
_SECRET_DIRECTORIES: Final = ("/.ssh/", "/.gnupg/", "/.aws/sso/cache/", "/.aws/cli/cache/")

# Endings of the names of backup copies: a copy of a secret file is secret, too.
_COPY: Final = re.compile(r"(?:~|\.(?:bak|backup|old|orig|save))\Z")

_BRACES: Final = re.compile(r"\{([^{}]*)\}")
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_ANY: Final = "**"

_Parts = tuple[str, ...]


def excluded(
    path: str | PurePath | None, size: int, globs: Sequence[str], roots: Sequence[str]
) -> Reason | None:
    """Why a file gets no suggestions, None if it may get some.

    Args:
        path: the file's absolute path; None for a text that is in no file.
        size: code points of its text.
        globs: which files are excluded; an invalid glob matches nothing (see `usable_globs`).
        roots: absolute paths of the workspace's directories.
    """
    if path is not None:
        parts = _parts(path)
        if _is_secret(parts):
            return Reason.SECRET_FILE
        inside = [parts[len(root) :] for root in map(_parts, roots) if _below(parts, root)]
        if any(_matches(glob, parts, inside or [parts]) for glob in globs):
            return Reason.EXCLUDED
    return Reason.TOO_LARGE if size > MAX_CODE_POINTS else None


def is_below(path: str | PurePath, root: str) -> bool:
    """Whether a file is in a directory, or further down."""
    return _below(_parts(path), _parts(root))


def usable_globs(values: Sequence[object]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The valid globs of a list, and a sentence about every other value."""
    globs: dict[str, None] = {}
    problems = []
    if len(values) > MAX_GLOBS:
        problems.append(f"of more than {MAX_GLOBS} globs the first ones count")
    for value in values[:MAX_GLOBS]:
        try:
            if not isinstance(value, str):
                raise ValueError("a glob is a string")  # noqa: TRY004, TRY301
            _compiled(value)
        except ValueError as error:
            problems.append(f"{shown(value)}: {error}")
        else:
            globs[value] = None
    return tuple(globs), tuple(problems)


@dataclass(frozen=True, slots=True)
class _Glob:
    """A glob without braces, by its path's names; an item of `parts` is None for `**`."""

    parts: tuple[re.Pattern[str] | None, ...]
    whole_path: bool
    directories: bool

    def matches(self, parts: _Parts) -> bool:
        """Whether the glob matches a file, or a directory that the file is in."""
        states = self._ahead({0})
        for depth, name in enumerate(parts, start=1):
            states = self._ahead(
                at if pattern is None else at + 1
                for at in states
                if (pattern := self.parts[at]) is None or pattern.match(name)
            )
            if len(self.parts) in states and not (self.directories and depth == len(parts)):
                return True
            states.discard(len(self.parts))
        return False

    def _ahead(self, states: Iterable[int]) -> set[int]:
        """Adds the positions in the glob after a `**`, which may stand for no directory."""
        ahead = set(states)
        for at, pattern in enumerate(self.parts):
            if pattern is None and at in ahead:
                ahead.add(at + 1)
        return ahead


@functools.lru_cache(maxsize=2048)
def _compiled(glob: str) -> tuple[_Glob, ...]:
    if not glob.strip():
        raise ValueError("a glob can't be empty")
    if len(glob) > _MAX_GLOB_LENGTH:
        raise ValueError(f"a glob has at most {_MAX_GLOB_LENGTH} characters")
    if glob.startswith("!"):
        raise ValueError("a glob can't begin with !: excluded files can't be included again")
    return tuple(map(_without_braces, _alternatives(glob)))


def _alternatives(glob: str) -> list[str]:
    found = [glob]
    while any(braces := [_BRACES.search(text) for text in found]):
        found = [
            text if group is None else text[: group.start()] + word + text[group.end() :]
            for text, group in zip(found, braces, strict=True)
            for word in (group[1].split(",") if group else ("",))
        ]
        if len(found) > _MAX_ALTERNATIVES:
            raise ValueError(f"the braces of a glob stand for at most {_MAX_ALTERNATIVES} globs")
    if any(mark in text for text in found for mark in "{}"):
        raise ValueError("a glob has a brace without its counterpart")
    return found


def _without_braces(glob: str) -> _Glob:
    glob = glob.replace("\\", "/")
    if ".." in glob.split("/"):
        raise ValueError("a glob can't go up with ..")
    if glob.startswith("~/"):
        glob = os.path.expanduser(glob)  # noqa: PTH111 - Path's function can raise
    names = list(_parts(glob))
    if names[-1:] == [_ANY]:
        # A `**` at the end matches everything below a directory, but not the directory.
        names[-1] = "*"
    if not names:
        raise ValueError("a glob needs a name")
    if "/" not in glob.rstrip("/"):
        names.insert(0, _ANY)
    return _Glob(
        tuple(None if name == _ANY else _pattern(name) for name in names),
        whole_path=glob.startswith(("/", "**/")) or _DRIVE.match(glob) is not None,
        directories=glob.endswith("/"),
    )


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(fnmatch.translate(name.replace("[^", "[!")))


def _matches(glob: str, whole: _Parts, inside: Sequence[_Parts]) -> bool:
    try:
        compiled = _compiled(glob)
    except ValueError:
        return False
    return any(
        pattern.matches(parts)
        for pattern in compiled
        for parts in (*inside, *((whole,) if pattern.whole_path else ()))
    )


def _is_secret(parts: _Parts) -> bool:
    path = _COPY.sub("", "/".join(parts[-2:]))
    if path in _SECRET_PATHS or _SECRET_NAME.match(path.split("/")[-1]) is not None:
        return True
    whole = "".join(f"/{part}" for part in parts)
    return any(directory in whole for directory in _SECRET_DIRECTORIES)


def _below(parts: _Parts, root: _Parts) -> bool:
    return parts[: len(root)] == root


def _parts(path: str | PurePath) -> _Parts:
    """The names in a path or a glob, in lower case, with `.` and `..` resolved."""
    parts: list[str] = []
    for name in str(path).replace("\\", "/").lower().split("/"):
        if name == "..":
            del parts[-1:]
        elif name not in ("", "."):
            parts.append(name)
    return tuple(parts)
