"""Where the files of `codegen bench joins` come from: archives that are read as data."""

import hashlib
import io
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import replace

import pytest

from codegen.bench.joins import archives, corpus
from codegen.bench.joins.archives import MAX_BYTES, Package, bring, packages, read_members
from codegen.bench.joins.corpus import from_folder, from_packages
from codegen.bench.joins.languages import language_by_name
from codegen.errors import FetchError, SourceError, UsageError
from codegen.progress import NullProgress
from codegen.settings.config import Settings

LINES = "".join(f"line_{number} = {number}\n" for number in range(20))


def tarball(path, members):
    with tarfile.open(path, "w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("package/link.py")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return path


@pytest.fixture
def archive(tmp_path):
    return tarball(
        tmp_path / "shop.tgz",
        {
            "package/src/cart.py": LINES.encode(),
            "package/src/cart_test.py": LINES.encode(),
            "package/src/long.py": b"#" * (MAX_BYTES + 1),
            "package/src/empty.py": b"",
            "package/../../outside.py": LINES.encode(),
            "package/read.me": b"text",
        },
    )


@pytest.fixture
def package(archive):
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    return Package("tune", "npm", "@shop/cart", "1.0", digest, ("src/*.py",), ("*_test.py",))


@pytest.fixture
def served(monkeypatch, archive):
    """What the client brings, instead of what it would; and how often it was asked."""
    asked = []

    def pack(package, folder):
        asked.append(package.name)
        return shutil.copy(archive, folder / "got.tgz") and folder / "got.tgz"

    monkeypatch.setattr(archives, "_pack", pack)
    return asked


def test_an_archive_is_fetched_once(package, served, tmp_path):
    cache = tmp_path / "cache"
    path = bring(package, cache, NullProgress(), offline=False)
    assert path == cache / "bench" / "joins" / "npm-shop-cart-1.0.tgz"
    assert bring(package, cache, NullProgress(), offline=True) == path
    assert served == ["@shop/cart"]
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_damaged_archive_is_fetched_again(package, served, tmp_path):
    path = bring(package, tmp_path, NullProgress(), offline=False)
    path.write_bytes(b"damaged")
    assert bring(package, tmp_path, NullProgress(), offline=False) == path
    assert len(served) == 2


def test_another_archive_is_refused(package, served, tmp_path):
    other = replace(package, sha256="0" * 64)
    with pytest.raises(FetchError, match="instead of 0000"):
        bring(other, tmp_path, NullProgress(), offline=False)
    assert list((tmp_path / "bench" / "joins").iterdir()) == []


def test_offline_nothing_is_fetched(package, served, tmp_path):
    with pytest.raises(FetchError, match="offline"):
        bring(package, tmp_path, NullProgress(), offline=True)
    assert served == []


def test_without_npm_it_says_what_to_install(package, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError, match=re.escape("install Node.js")):
        bring(package, tmp_path, NullProgress(), offline=False)


def test_npm_that_fails_is_told(package, tmp_path, monkeypatch):
    npm = tmp_path / "npm"
    npm.write_text(f"#!{sys.executable}\nimport sys\nsys.exit('no such host')\n", encoding="utf-8")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError, match="no such host"):
        bring(package, tmp_path / "cache", NullProgress(), offline=False)


def test_npm_that_hangs_is_ended(package, tmp_path, monkeypatch):
    def hangs(words, **options):
        raise subprocess.TimeoutExpired(words, options["timeout"])

    monkeypatch.setattr(archives.shutil, "which", lambda _: "npm")
    monkeypatch.setattr(archives.subprocess, "run", hangs)
    with pytest.raises(FetchError, match="try again"):
        bring(package, tmp_path, NullProgress(), offline=False)


def test_only_what_the_table_names_is_read(package, archive):
    """No link, nothing outside, nothing long, nothing empty, nothing that is left out."""
    (member,) = read_members(archive, package)
    assert (member.name, member.data) == ("src/cart.py", LINES.encode())
    everything = replace(package, members=("*.py",), without=())
    names = [member.name for member in read_members(archive, everything)]
    # A name that leads outside is a name, and no path: nothing is written.
    assert names == ["src/cart.py", "src/cart_test.py", "../../outside.py"]


def test_wheels_are_read_too(tmp_path, package):
    path = tmp_path / "shop.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("src/cart.py", LINES)
        wheel.writestr("src/long.py", "#" * (MAX_BYTES + 1))
    (member,) = read_members(path, replace(package, source="pypi"))
    assert member.name == "src/cart.py"


@pytest.mark.parametrize("source", ["npm", "pypi"])
def test_what_is_no_archive_is_an_error(tmp_path, package, source):
    path = tmp_path / "broken"
    path.write_bytes(b"no archive")
    with pytest.raises(FetchError, match="can't be read as an archive"):
        list(read_members(path, replace(package, source=source)))


def test_an_archive_without_end_is_refused(archive, package, monkeypatch):
    monkeypatch.setattr(archives, "_MAX_MEMBERS", 2)
    with pytest.raises(FetchError, match="more than any package"):
        list(read_members(archive, package))


def test_the_table_of_packages_is_in_order():
    rows = packages()
    sets = {each: {row.name for row in rows if row.set == each} for each in ("tune", "claim")}
    assert not sets["tune"] & sets["claim"]
    assert len({row.file for row in rows}) == len(rows)
    for row in rows:
        assert row.source in {"npm", "pypi"}
        assert re.fullmatch(r"[0-9a-f]{64}", row.sha256), row.name
        assert row.members, row.name


def test_files_of_packages(package, served, tmp_path, monkeypatch):
    monkeypatch.setattr(corpus, "packages", lambda: (package, replace(package, set="claim")))
    settings = Settings(cache_dir=tmp_path)
    (source,) = from_packages(settings, "tune", (), NullProgress())
    assert (source.path, source.language, source.text) == (
        "@shop/cart/src/cart.py",
        "python",
        LINES,
    )
    assert from_packages(settings, "tune", ("ruby",), NullProgress()) == []


def test_files_of_a_folder(tmp_path):
    (tmp_path / "a" / ".git").mkdir(parents=True)
    good = tmp_path / "a" / "good.py"
    good.write_bytes(b"\xef\xbb\xbf" + LINES.replace("\n", "\r\n").encode())
    for name, text in (
        ("few.py", "a = 1\n"),
        ("made.py", "# @generated\n" + LINES),
        ("long.py", LINES + "#" * 300),
        ("notes.md", LINES),
        ("notes.unknown", LINES),
        (".git/hidden.py", LINES),
    ):
        (tmp_path / "a" / name).write_text(text, encoding="utf-8")
    (tmp_path / "a" / "latin.py").write_bytes(LINES.encode() + b"\xff")
    (source,) = from_folder(tmp_path, ())
    assert (source.path, source.text) == ("a/good.py", LINES)
    with pytest.raises(UsageError, match="no file in a language"):
        from_folder(tmp_path, ("ruby",))


def test_a_file_that_cant_be_read_is_told(tmp_path, monkeypatch):
    path = tmp_path / "good.py"
    path.write_text(LINES, encoding="utf-8")

    def refuses(_path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "read_bytes", refuses)
    with pytest.raises(SourceError, match="Permission denied"):
        from_folder(tmp_path, ())


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("a/b.py", "python"),
        ("a/b.jsx", "javascriptreact"),
        ("a/Makefile", "makefile"),
        ("a/CMakeLists.txt", "cmake"),
        (".editorconfig", "ini"),
        ("B.KT", "kotlin"),
        ("a.md", None),
        ("a.txt", None),
    ],
)
def test_languages_by_name(path, language):
    assert language_by_name(path) == language
