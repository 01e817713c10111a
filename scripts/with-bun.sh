#!/bin/sh
# Runs a script of this project with the Bun that package.json names, installing it first where it is missing.
# The only thing it needs is npm (or a bun on the PATH): `npm run quickstart` and `bun run quickstart` both come here.
set -eu
cd "$(dirname "$0")/.."

case "$(uname -m)" in
  x86_64) package=@oven/bun-linux-x64 ;;
  aarch64) package=@oven/bun-linux-aarch64 ;;
  *) echo "bunker: cannot build on $(uname -m): Bun exists for x86-64 and arm64 only" >&2; exit 1 ;;
esac
bun=node_modules/$package/bin/bun
stamp=node_modules/.installed-for

# A changed package-lock.json means other versions: install again.
if [ ! -x "$bun" ] || ! cmp -s package-lock.json "$stamp"; then
  echo "bunker: installing build tools from the npm registry ..." >&2
  if command -v npm >/dev/null 2>&1; then
    # Some releases of npm 11 reject a lock file whose optional packages are for other machines; all versions in
    # package.json are exact, so installing without the lock gives the same tools.
    npm ci --no-audit --no-fund --ignore-scripts --loglevel=error >/dev/null 2>&1 ||
      npm install --no-package-lock --no-audit --no-fund --ignore-scripts --loglevel=error >&2
  elif command -v bun >/dev/null 2>&1; then
    bun install >&2
  else
    echo "bunker: neither npm nor bun is on the PATH; install one of them (Debian: apt-get install npm)" >&2
    exit 1
  fi
  cp package-lock.json "$stamp"
fi
exec "$PWD/$bun" "$@"
