import time
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from codegen.reasons import Reason
from codegen.settings.exclude import (
    MAX_CODE_POINTS,
    MAX_GLOBS,
    excluded,
    is_below,
    usable_globs,
)
from codegen.settings.values import shown

SECRETS = """
.env .env.local .env.example .ENV .envrc production.env .env~ .env.bak
server.pem tls.KEY cert.p12 cert.pfx passwords.kdbx app.jks debug.keystore
id_rsa id_ed25519 id_ecdsa id_dsa id_ed25519_sk id_rsa.old
.netrc _netrc .pypirc .npmrc .git-credentials .pgpass .htpasswd
credentials.json Credentials.JSON secrets.json secrets.toml secrets.yaml secrets.yml
prod.tfvars prod.auto.tfvars prod.tfvars.json terraform.tfstate terraform.tfstate.backup
.aws/credentials .aws/config .docker/config.json .kube/config .kube/config.bak
.env-prod .my.cnf .vault-token putty.ppk application_default_credentials.json
.cargo/credentials.toml .ssh/work .ssh/keys/other .gnupg/secring.gpg .aws/sso/cache/0.json
.config/gh/hosts.yml .m2/settings.xml .azure/accessTokens.json
""".split()  # noqa: SIM905

ORDINARY = """
credentials.py id_map.py environment.py env.py .environment id_rsa.pub id_rsa.py monkey.py key.py
secrets.py config.json config aws/credentials docker/config.json .aws/config.py main.tf .gitignore
.ssh .aws/task-definition.json hosts.yml settings.xml x.ssh/a.py my.cnf
.env/lib/site.py keystore.go pem.rs tfvars.md tokenizer.json package.json .npmrc/x
""".split()  # noqa: SIM905


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("directory", ["/home/me/", "C:\\Users\\me\\", ""])
def test_a_secret_file_gets_no_suggestions(name, directory):
    assert excluded(directory + name, 10, (), ()) == Reason.SECRET_FILE


@pytest.mark.parametrize("name", ORDINARY)
def test_a_file_whose_name_resembles_a_secret_one_is_not_secret(name):
    assert excluded(f"/home/me/{name}", 10, (), ()) is None


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("*.min.js", "a/b/x.min.js", True),
        ("*.min.js", "x.min.jsx", False),
        ("build", "build/a/b.py", True),
        ("build", "a/build/b.py", True),
        ("build", "a/build", True),
        ("build", "rebuild/a.py", False),
        ("build/", "a/build/b.py", True),
        ("build/", "a/build", False),
        ("src/*.py", "src/a.py", True),
        ("src/*.py", "src/a/b.py", False),
        ("src/*.py", "lib/src/a.py", False),
        ("src/gen", "src/gen/deep/a.py", True),
        ("./src/gen", "src/gen/a.py", True),
        ("/src/gen", "src/gen/a.py", True),
        ("/src/gen", "lib/src/gen/a.py", False),
        ("src\\gen", "src/gen/a.py", True),
        ("**/old/*.c", "old/a.c", True),
        ("**/old/*.c", "x/y/old/a.c", True),
        ("**/old/*.c", "x/y/old/z/a.c", False),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
        ("a/**/**/b", "a/x/b", True),
        ("a/**/b", "b", False),
        ("a/**", "a/x", True),
        ("a/**", "a", False),
        ("**", "x", True),
        ("*.{pem,crt}", "x.crt", True),
        ("*.{pem,crt}", "x.txt", False),
        ("{src,lib}/{a,b{1,2}}.py", "lib/b2.py", True),
        ("{src,lib}/{a,b{1,2}}.py", "lib/b3.py", False),
        ("x[0-9].py", "x7.py", True),
        ("x[!0-9].py", "x7.py", False),
        ("x[^0-9].py", "x7.py", False),
        ("x[", "x[", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("README.*", "readme.md", True),
        ("/home/me/private/**", "/home/me/private/a.py", True),
        ("/home/me/private", "/home/me/private/ws/a.py", True),
        ("**/private/**", "/home/me/private/ws/a.py", True),
        ("private", "/home/me/private/ws/a.py", False),
        ("~/private", "/home/me/private/ws/a.py", True),
        ("C:/ws/*", "C:\\ws\\a.py", True),
        ("c:\\ws\\*", "C:\\ws\\a.py", True),
        ("D:/ws/*", "C:\\ws\\a.py", False),
        ("secret", "/ws/secret/../a.py", False),
        ("secret", "/ws/x/../secret/a.py", True),
    ],
)
def test_a_glob_matches_as_in_gitignore(glob, path, matches, monkeypatch):
    """The path is relative to the first root, or absolute."""
    monkeypatch.setenv("HOME", "/home/me")
    whole = path if path.startswith(("/", "C:")) else f"/ws/{path}"
    roots = ("/ws/", "/home/me/private/ws")
    assert usable_globs([glob]) == ((glob,), ())
    assert excluded(whole, 10, [glob], roots) == (Reason.EXCLUDED if matches else None)


@pytest.mark.parametrize(
    ("path", "roots", "reason"),
    [
        ("/a/src/x.py", ["/a", "/b"], Reason.EXCLUDED),
        ("/b/src/x.py", ["/a", "/b"], Reason.EXCLUDED),
        ("/c/src/x.py", ["/a", "/b"], None),
        ("/ab/src/x.py", ["/a"], None),
        ("/a/b/src/x.py", ["/a", "/a/b"], Reason.EXCLUDED),
        ("C:\\a\\src\\x.py", ["c:/a"], Reason.EXCLUDED),
        (PureWindowsPath("C:\\a\\src\\x.py"), ["C:\\a"], Reason.EXCLUDED),
        (PurePosixPath("/a/src/x.py"), ["/a"], Reason.EXCLUDED),
        ("src/x.py", [], Reason.EXCLUDED),
    ],
)
def test_globs_are_relative_to_each_root(path, roots, reason):
    assert excluded(path, 10, ["src/*"], roots) == reason


@pytest.mark.parametrize(
    ("path", "size", "reason"),
    [
        ("/a/x.py", MAX_CODE_POINTS, None),
        ("/a/x.py", MAX_CODE_POINTS + 1, Reason.TOO_LARGE),
        (None, MAX_CODE_POINTS + 1, Reason.TOO_LARGE),
        (None, 10, None),
        ("/a/.env", MAX_CODE_POINTS + 1, Reason.SECRET_FILE),
        ("/a/x.log", MAX_CODE_POINTS + 1, Reason.EXCLUDED),
    ],
)
def test_the_size_counts_last(path, size, reason):
    assert excluded(path, size, ["*.log"], ["/a"]) == reason


@pytest.mark.parametrize(
    ("glob", "problem"),
    [
        ("", "empty"),
        (" ", "empty"),
        ("/", "needs a name"),
        ("{,a}", "needs a name"),
        ("!a", "begin with !"),
        ("../a", "up with .."),
        ("a\\..\\b", "up with .."),
        ("*.{a,b", "without its counterpart"),
        ("a}", "without its counterpart"),
        ("{1,2,3}" * 5, "at most 32"),
        ("a" * 201, "at most 200"),
        (7, "a glob is a string"),
        (None, "a glob is a string"),
    ],
)
def test_a_glob_that_can_t_be_used_is_told(glob, problem):
    globs, problems = usable_globs(["*.log", glob])
    assert globs == ("*.log",)
    assert problem in problems[0]
    if isinstance(glob, str):
        assert excluded("/a/x.py", 10, [glob], ["/a"]) is None


def test_only_so_many_globs_count():
    globs, problems = usable_globs([f"*.{number}" for number in range(MAX_GLOBS + 1)])
    assert len(globs) == MAX_GLOBS
    assert f"more than {MAX_GLOBS}" in problems[0]


@given(st.text(), st.text(), st.text())
@example("a\0b", "[z-a]", "\0")
@example("\ud800", "[\ud800-", "\udfff")
@example("C:", "C:", "C:")
@example("\\\\server\\share\\x", "//server/**", "//server")
def test_no_string_raises(path, glob, root):
    globs, problems = usable_globs([glob])
    assert len(globs) + len(problems) == 1
    for each in (path, None):
        assert excluded(each, 10, [glob], [root]) in (None, Reason.SECRET_FILE, Reason.EXCLUDED)


@given(st.lists(st.sampled_from(["a", "b", "c.py"]), min_size=1, max_size=5))
def test_a_path_without_wildcards_matches_itself_and_what_is_below(names):
    glob = "/".join(names)
    assert excluded(f"/w/{glob}", 10, [f"/{glob}"], ["/w"]) == Reason.EXCLUDED
    assert excluded(f"/w/{glob}/x", 10, [f"/{glob}"], ["/w"]) == Reason.EXCLUDED
    assert excluded(f"/w/{glob}x", 10, [f"/{glob}"], ["/w"]) is None


@pytest.mark.parametrize("glob", ["*a" * 90 + "b", "**/a/" * 30 + "b", "**/*a*a*a*a*b"])
def test_no_glob_takes_long(glob):
    started = time.perf_counter()
    assert excluded("/w/" + "a" * 250 + "/a" * 100, 10, [glob], ["/w"]) is None
    assert time.perf_counter() - started < 5  # backtracking would take centuries


@pytest.mark.parametrize(
    ("path", "root", "below"),
    [
        ("/a/b/c", "/a/b", True),
        ("/a/b", "/a/b/", True),
        ("/a/bc", "/a/b", False),
        ("C:\\A\\x", "c:/a", True),
        ("/x", "/", True),
    ],
)
def test_a_file_is_below_its_directories_only(path, root, below):
    assert is_below(path, root) is below


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\nb", r"'a\nb'"),
        ("\u202e", r"'\u202e'"),
        (["x"], "['x']"),
        (10**5000, "a very large number"),
        ([10**5000], "a very large number"),
    ],
    ids=["control", "direction", "list", "number", "number-in-list"],
)
def test_values_are_shown_on_one_line(value, text):
    assert shown(value) == text


def test_a_shown_value_is_short():
    assert len(shown(["x" * 1000] * 1000)) < 300
