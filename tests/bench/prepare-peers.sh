#!/bin/sh
# Fetches what the bench compares with: the sources of Redis 8.0.2 and Valkey 8.1.1 from Debian 13
# ("trixie"), abseil and jemalloc of this Debian, into the oracle's folder; nothing is installed and
# nothing of it is committed. Prints the folder. A second call asks no network.
#
#   prepare-peers.sh [FOLDER]     FOLDER: default ~/.cache/wadict-oracle
set -eu
here=$(cd "$(dirname "$0")" && pwd)
fail() { printf 'prepare-peers: %s\n' "$*" >&2; exit 1; }

out=$(sh "$here/../oracle/prepare-oracle.sh" --suite "$@") || fail "no oracle"
cd "$out"
ready() {
  [ -e redis-8.0.2/src/dict.c ] && [ -e valkey-8.1.1+dfsg1/src/hashtable.c ] &&
    [ -d abseil/usr/include/absl ] && [ -e jemalloc/libjemalloc.so.2 ]
}
if ready; then
  echo "$out"
  exit 0
fi

# One at a time: two runs may start together.
exec 8> lock-peers
command -v flock >/dev/null 2>&1 && flock 8

if [ ! -e valkey-8.1.1+dfsg1/src/hashtable.c ]; then
  command -v dpkg-source >/dev/null 2>&1 || fail "needs dpkg-dev"
  # prepare-oracle.sh leaves the lists only where it had to fetch something itself.
  [ -e apt/sources.list ] || fail "no trixie lists in $out: remove the folder and try again"
  apt-get -q -o Dir::Etc::sourcelist="$out/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::lists="$out/apt/lists" -o Dir::Cache="$out/apt/cache" -o APT::Sandbox::User=root \
    source --download-only valkey=8.1.1+dfsg1-3+deb13u2 >&2 ||
    fail "the source of valkey 8.1.1 cannot be had"
  dpkg-source --no-check -x valkey_8.1.1*.dsc >&2
fi
if [ ! -d abseil/usr/include/absl ] || [ ! -e jemalloc/libjemalloc.so.2 ]; then
  mkdir -p debs-peers abseil jemalloc
  (cd debs-peers && apt-get -q -o APT::Sandbox::User=root download libabsl-dev libjemalloc2 >&2)
  dpkg -x debs-peers/libabsl-dev_*.deb abseil
  dpkg -x debs-peers/libjemalloc2_*.deb jemalloc/root
  cp jemalloc/root/usr/lib/*/libjemalloc.so.2 jemalloc/
fi
ready || fail "something is missing in $out"
echo "$out"
