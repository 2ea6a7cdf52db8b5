#!/bin/sh
# Type-checks the page's sources.
set -eu
PATH="$PATH:$(cd "$1" && pwd)"
export PATH
cd hmi/web
[ -d node_modules ] || npm ci --no-audit --no-fund --loglevel=error
npm run --silent check
