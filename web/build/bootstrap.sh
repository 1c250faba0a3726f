#!/bin/sh
# Looks for everything `npm start` (bootstrap.sh start), `npm test` (bootstrap.sh test) or `npm run fuzz:native`
# (bootstrap.sh fuzz) needs.
#
# Debian and Ubuntu: says what is missing, installs exactly that through apt (with sudo when not root),
# and the npm packages from the lock file. Elsewhere: prints what to install and stops.
# Nothing missing: prints nothing and takes a fraction of a second.
set -eu
cd "$(dirname "$0")/../.."
purpose=${1:-start}

say() { printf 'wadict: %s\n' "$*"; }
fail() { printf 'wadict: %s\n' "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

sh web/build/node.sh -e '' || exit 1
[ "$(uname -s)" = Linux ] || [ "$(uname -s)" = Darwin ] ||
  fail "builds on Linux and macOS (on Windows: inside WSL)"

# Which packages are missing, by Debian's names.
missing=
need() { missing="$missing $1"; }
has emcc || need emscripten
has cmake || need cmake
has ninja || need ninja-build
# Ubuntu's chromium and firefox packages are wrappers of another package system: Playwright's serve there.
own_browsers=no
if [ "$purpose" = test ]; then
  has c++ || need g++
  has clang-format || need clang-format
  # Redis's own test suite.
  has tclsh || need tcl
  has dpkg-source || need dpkg-dev
  [ -e /usr/include/catch2/catch.hpp ] || [ -e /usr/include/catch2/catch_all.hpp ] ||
    [ -n "${CMAKE_PREFIX_PATH:-}" ] || need catch2
  if [ "$(uname -s)" = Linux ] && has apt-get && ! grep -q '^ID=ubuntu' /etc/os-release; then
    [ -x /usr/bin/chromium ] || need chromium
    [ -x /usr/bin/firefox-esr ] || need firefox-esr
  else
    own_browsers=yes
  fi
fi

if [ "$purpose" = fuzz ]; then
  # libFuzzer and the sanitizers come with the compiler's runtime, coverage with llvm.
  has clang++-14 || need clang-14
  ls /usr/lib/llvm-14/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a >/dev/null 2>&1 || need libclang-rt-14-dev
  has llvm-cov-14 || need llvm-14
  has dpkg-source || need dpkg-dev
fi

if [ -n "$missing" ]; then
  if has apt-get && [ -e /etc/debian_version ]; then
    sudo=
    if [ "$(id -u)" != 0 ]; then
      has sudo || fail "run as root or install sudo first; still missing:$missing"
      sudo=sudo
    fi
    say "going to install from this system's own package sources:$missing"
    say "  ${sudo:+$sudo }apt-get install --no-install-recommends$missing"
    $sudo apt-get update -qq
    # Debian's emscripten depends on Debian's nodejs. A Node that was put into /usr/bin by hand would be
    # overwritten by that older one: a copy in /usr/local/bin comes before it in PATH.
    node_path=$(readlink -f "$(command -v node)")
    if [ "$node_path" = /usr/bin/node ] && ! dpkg -S /usr/bin/node >/dev/null 2>&1 &&
      apt-get install -s --no-install-recommends $missing 2>/dev/null | grep -q '^Inst nodejs '; then
      say "the packages bring an older /usr/bin/node: keeping Node $(node -v) as /usr/local/bin/node"
      $sudo install -m 755 "$node_path" /usr/local/bin/node
    fi
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing ||
      fail "apt-get failed; the list again:$missing"
  else
    say "this system has no apt-get; please install, by these Debian names:$missing" >&2
    say "  macOS: brew install emscripten cmake ninja; for the tests also: brew install catch2 clang-format" >&2
    say "  elsewhere: emscripten 3.1.6 or newer (https://emscripten.org), CMake 3.20, Ninja;" >&2
    say "  for the tests also a C++20 compiler with sanitizers, Catch2 (2.13 or 3), clang-format" >&2
    exit 1
  fi
fi

# npm's own packages: as the lock says, when they are absent or older than it.
# npm writes node_modules/.package-lock.json at the end of every installation.
if [ ! -e node_modules/.package-lock.json ] ||
  [ -n "$(find package-lock.json -newer node_modules/.package-lock.json)" ]; then
  say "installing the npm packages of package-lock.json into node_modules"
  # npm_execpath is npm's own script: it runs with the same Node as everything else.
  case "${npm_execpath:-}" in
    *.js | *.cjs) sh web/build/node.sh "$npm_execpath" ci --no-audit --no-fund --loglevel=error ;;
    *) npm ci --no-audit --no-fund --loglevel=error ;;
  esac
  touch node_modules/.package-lock.json
fi

# The redis-server that ours is compared with: here, where one sees it, rather than within a test's time. Without
# it the suites that need it fail.
if [ "$purpose" != start ] && [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] && has apt-get &&
  [ ! -x "${XDG_CACHE_HOME:-$HOME/.cache}/wadict-oracle/bin/redis-server" ]; then
  say "fetching redis-server 8.0.2 from Debian 13 into a folder of its own; nothing of it is installed"
  sh tests/oracle/prepare-oracle.sh >/dev/null || say "redis-server could not be fetched"
fi

if [ "$own_browsers" = yes ] && [ "$purpose" = test ]; then
  stamp=node_modules/.wadict-browsers
  if [ ! -e $stamp ]; then
    say "installing Playwright's Chromium and Firefox"
    sh web/build/node.sh node_modules/@playwright/test/cli.js install --with-deps chromium firefox
    touch $stamp
  fi
fi
