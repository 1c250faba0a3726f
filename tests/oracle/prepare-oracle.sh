#!/bin/sh
# Fetches the oracle: redis-server 8.0.2 and its tools from Debian 13 ("trixie"), through this machine's
# own Debian mirror, into a folder of its own; nothing is installed. Prints the folder.
#
#   prepare-oracle.sh [--suite] [FOLDER]     FOLDER: default ~/.cache/wadict-oracle
#   --suite   also the source package with Redis's Tcl test suite (needs dpkg-dev)
#
# The programs run through trixie's own loader and libraries, so any Debian 12 will do. A second call
# finds everything there and asks no network. Debian only; every download is checked by apt's signatures.
set -eu
suite=no
[ "${1:-}" = --suite ] && { suite=yes; shift; }
out=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/wadict-oracle}
mkdir -p "$out"
out=$(cd "$out" && pwd)
cd "$out"

fail() { printf 'prepare-oracle: %s\n' "$*" >&2; exit 1; }

server_ready() { [ -x bin/redis-server ] && bin/redis-server --version 2>/dev/null | grep -q 'v=8\.0\.2'; }
suite_ready() { [ "$suite" = no ] || [ -x redis-8.0.2/runtest ]; }
if server_ready && suite_ready; then
  echo "$out"
  exit 0
fi

# One at a time: two test runs may start together.
exec 9> lock
command -v flock >/dev/null 2>&1 && flock 9

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
command -v apt-get >/dev/null 2>&1 && [ -e "$keyring" ] || fail "needs Debian's apt-get and $keyring"
# The mirror as the system's sources name it, in either of their two forms.
mirror=$(cat /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list /etc/apt/sources.list 2>/dev/null |
  grep -v '^[[:space:]]*#' | grep -Eo '[a-z]+://[^ ]*/debian/?( |$)' | sed -n 1p | tr -d ' ') || true
[ -n "$mirror" ] || fail "no Debian mirror in the apt sources"

# Lists and cache apart from the system's.
mkdir -p apt/lists/partial apt/cache/archives/partial debs root bin
for kind in deb deb-src; do
  printf '%s [signed-by=%s] %s trixie main\n' "$kind" "$keyring" "$mirror"
done > apt/sources.list
trixie() {
  program=$1
  shift
  "$program" -q -o Dir::Etc::sourcelist="$out/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::lists="$out/apt/lists" -o Dir::Cache="$out/apt/cache" -o APT::Sandbox::User=root "$@"
}
[ -e apt/updated ] || { trixie apt-get update >&2 && touch apt/updated; }

if ! server_ready; then
  packages=$(trixie apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
    --no-replaces --no-enhances -i redis-server redis-tools | grep '^[a-z0-9]' | sort -u |
    grep -Ev '^(adduser|lsb-base|sysvinit-utils|passwd|debconf|init-system-helpers|dpkg|perl-base)$')
  # All at once; that fails if one of them is a virtual package, which has no file of its own. What matters is
  # checked below by running the server.
  (cd debs && trixie apt-get download $(printf '%s/trixie ' $packages) >/dev/null 2>&1) ||
    for package in $packages; do
      (cd debs && trixie apt-get download "$package/trixie" >/dev/null 2>&1) || true
    done
  for file in debs/*.deb; do dpkg -x "$file" root; done
  loader=$(find root -path '*/ld-linux*.so.*' | sed -n 1p)
  [ -n "$loader" ] || fail "the C library did not download from $mirror"
  libraries=$(cd root/usr/lib && echo *-linux-gnu*)
  for tool in redis-server redis-cli redis-benchmark redis-check-rdb redis-check-aof; do
    printf '#!/bin/sh\nexec %s --library-path %s %s "$@"\n' "'$out/$loader'" \
      "'$out/root/usr/lib/$libraries'" "'$out/root/usr/bin/$tool'" > "bin/$tool"
    chmod +x "bin/$tool"
  done
  server_ready || fail "redis-server 8.0.2 does not run; see $out"
fi

if ! suite_ready; then
  command -v dpkg-source >/dev/null 2>&1 || fail "--suite needs dpkg-dev"
  trixie apt-get source --download-only redis >&2
  dpkg-source --no-check -x redis_8.0.2*.dsc >&2
  for tool in redis-server redis-cli redis-benchmark redis-check-rdb redis-check-aof; do
    ln -sf "$out/bin/$tool" "redis-8.0.2/src/$tool"
  done
fi
echo "$out"
