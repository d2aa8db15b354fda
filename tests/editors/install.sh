#!/usr/bin/env bash
# Installs the editors that the tests drive: install.sh vim neovim emacs vscode
#
# System packages are installed where CI is `true`, or after asking on a terminal; else the command is
# printed and nothing is done. Neovim comes with `make setup`, as a wheel.
set -euo pipefail
cd "$(dirname "$0")"

packages=()
for editor in "$@"; do
    case "$editor" in
    vim) command -v vim >/dev/null || packages+=(vim) ;;
    emacs)
        command -v emacs >/dev/null || packages+=(emacs-nox)
        # Emacs 29 has eglot in it; so have these packages, as empty ones.
        dpkg-query -W elpa-eglot >/dev/null 2>&1 || packages+=(elpa-eglot)
        dpkg-query -W elpa-company >/dev/null 2>&1 || packages+=(elpa-company)
        dpkg-query -W elpa-lsp-mode >/dev/null 2>&1 || packages+=(elpa-lsp-mode)
        dpkg-query -W elpa-yasnippet >/dev/null 2>&1 || packages+=(elpa-yasnippet)
        dpkg-query -W elpa-evil >/dev/null 2>&1 || packages+=(elpa-evil)
        ;;
    vscode)
        command -v chromium >/dev/null || packages+=(chromium)
        # For the modules that code-server has in C++.
        command -v g++ >/dev/null || packages+=(g++)
        command -v make >/dev/null || packages+=(make)
        ;;
    neovim) ;;
    *)
        echo "install.sh: no editor is called $editor" >&2
        exit 2
        ;;
    esac
done

as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
install=("${as_root[@]}" apt-get install --yes --no-install-recommends "${packages[@]}")

agreed() {
    [ "${CI:-}" = true ] && return
    [ -t 0 ] || return
    read -rp "Run \`${install[*]}\`? [y/N] " answer
    [ "$answer" = y ]
}

if [ "${#packages[@]}" -gt 0 ]; then
    if ! agreed; then
        echo "Needed and not installed: ${packages[*]}. On Debian: ${install[*]}" >&2
        exit 1
    fi
    "${install[@]}" || { "${as_root[@]}" apt-get update && "${install[@]}"; }
fi

for editor in "$@"; do
    if [ "$editor" = vscode ]; then ./vscode/install.sh; fi
done
