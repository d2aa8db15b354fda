"""Packs the editors' clients: `python dev/make_clients.py FOLDER`.

A zip each for Vim, Neovim and Emacs, and the extension for VS Code (.vsix) where npm is at hand.
"""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from codegen import __version__

ROOT = Path(__file__).parent.parent
EDITORS = ROOT / "editors"
PLAIN = ("vim", "neovim", "emacs")

# A time that every file of an archive has, so that the same sources give the same bytes.
DATE = (2020, 1, 1, 0, 0, 0)


def pack(editor: str, folder: Path) -> Path:
    """Writes what git keeps of a client into a zip, below one folder; its path."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "."], cwd=EDITORS / editor, check=False, capture_output=True
    )
    names = [name for name in listed.stdout.decode().split("\0") if name]
    if listed.returncode != 0 or not names:  # an unpacked sdist
        files = sorted(path for path in (EDITORS / editor).rglob("*") if path.is_file())
        names = [str(path.relative_to(EDITORS / editor)) for path in files]
    target = folder / f"codegen-{editor}-{__version__}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(names):
            entry = zipfile.ZipInfo(f"codegen-{editor}/{name}", DATE)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, (EDITORS / editor / name).read_bytes(), zipfile.ZIP_DEFLATED)
        licence = zipfile.ZipInfo(f"codegen-{editor}/LICENSE", DATE)
        licence.external_attr = 0o644 << 16
        archive.writestr(licence, (ROOT / "LICENSE").read_bytes(), zipfile.ZIP_DEFLATED)
    return target


def pack_vscode(folder: Path) -> Path | None:
    """Builds the extension; None, and the reason on stderr, where it can't be built here."""
    if shutil.which("npm") is None:
        print("npm is not installed: no extension for VS Code is made", file=sys.stderr)
        return None
    for command in (["npm", "ci", "--silent"], ["npm", "run", "--silent", "package"]):
        if subprocess.run(
            command, cwd=EDITORS / "vscode", check=False, stdout=sys.stderr
        ).returncode:
            print(f"{' '.join(command)} failed: no extension for VS Code is made", file=sys.stderr)
            return None
    target = folder / f"codegen-vscode-{__version__}.vsix"
    shutil.copyfile(EDITORS / "vscode" / "dist" / "codegen.vsix", target)
    return target


def main() -> None:
    (argument,) = sys.argv[1:]
    folder = Path(argument)
    folder.mkdir(exist_ok=True)
    for made in (*(pack(editor, folder) for editor in PLAIN), pack_vscode(folder)):
        if made is not None:
            print(made)


if __name__ == "__main__":
    main()
