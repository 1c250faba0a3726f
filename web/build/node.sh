#!/bin/sh
# Runs a script with a Node that is new enough: node.sh SCRIPT [ARGUMENT...]
#
# Debian's emscripten brings Debian's nodejs 18 as /usr/bin/node. Whoever started npm with a newer one
# keeps it: first the Node that runs npm, then the one in PATH, then the copy that bootstrap.sh saved.
# Its folder goes to the front of PATH, so that everything started from here uses the same one.
for candidate in "${npm_node_execpath:-}" "$(command -v node || true)" /usr/local/bin/node; do
  [ -x "$candidate" ] || continue
  if "$candidate" -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1);'; then
    PATH="$(dirname "$candidate"):$PATH"
    export PATH
    exec "$candidate" "$@"
  fi
done
echo "wadict needs Node 20.19 or newer (https://nodejs.org); found: $(node -v 2>/dev/null || echo none)" >&2
exit 1
