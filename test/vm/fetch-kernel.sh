#!/bin/bash
# Get a Debian kernel for a test guest and print the folder it is unpacked in.
#
#   fetch-kernel.sh [--refresh] VERSION      VERSION is a prefix of the kernel's version: 6.1, 6.12, 5.10 …
#
# The folder holds boot/vmlinuz-V and (usr/)lib/modules/V of one release. What is in the cache already
# is taken as it is, without network; --refresh asks apt for the newest. Releases vanish from the
# archive within weeks, so packages are found by pattern, newest first, never by a full name.
# Needs no root. Exit codes: 0 the folder is on stdout, 2 wrong use, 3 this kernel can't be had here.
set -euo pipefail

# Suites of Debian that hold a kernel series which the machine's own suites may lack.
suites_of() {
  case $1 in
    5.10*) echo "bullseye bullseye-security" ;;
    6.1 | 6.1.*) echo "bookworm bookworm-security" ;;
    6.12*) echo "trixie trixie-security" ;;
    6.*) echo "trixie-backports" ;;
    [7-9]*) echo "sid" ;;
  esac
}

say() { printf 'fetch-kernel: %s\n' "$*" >&2; }
give_up() { say "no Debian kernel $version: $*"; exit 3; }

refresh=
if [ "${1:-}" = --refresh ]; then refresh=1; shift; fi
if [ $# -ne 1 ] || [[ ! $1 =~ ^[0-9]+(\.[0-9]+)*$ ]]; then
  say "usage: fetch-kernel.sh [--refresh] VERSION (6.1, 6.12, …)"
  exit 2
fi
version=$1
[ "$(uname -m)" = x86_64 ] || give_up "this machine is $(uname -m), the guests are amd64"
for tool in apt-get apt-cache dpkg depmod; do
  command -v "$tool" >/dev/null || give_up "$tool is not installed"
done

if [ -n "${KSTOP_VM_CACHE:-}" ]; then cache=$KSTOP_VM_CACHE
elif [ "$(id -u)" = 0 ]; then cache=/var/cache/kstop-vm
else cache=${XDG_CACHE_HOME:-$HOME/.cache}/kstop-vm; fi
cached() {
  # An unpacked kernel is complete once its mark is there.
  find "$cache" -mindepth 2 -maxdepth 2 -name .complete -printf '%h\n' 2>/dev/null |
    grep -E "/${version//./\\.}([^0-9][^/]*)?\$" | sort -V | tail -n 1
}
done_with() { printf '%s\n' "$1"; exit 0; }

give_cached() {
  dir=$(cached || true)
  [ -z "$dir" ] || done_with "$dir"
}

[ -n "$refresh" ] || give_cached
mkdir -p "$cache" 2>/dev/null || true
[ -w "$cache" ] || give_up "cannot write to $cache"
# Guests may be prepared side by side: one fetch at a time, and the next one finds what it brought.
exec 9>"$cache/.lock"
flock 9
[ -n "$refresh" ] || give_cached

apt_options=(-o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 -o Acquire::Retries=1)
apt_search() {
  # Real images only: signed, generic. The unanchored rest keeps 6.1 from matching 6.12.
  apt-cache "${apt_options[@]}" search --names-only "^linux-image-${version//./\\.}[-.+~].*amd64\$" 2>/dev/null |
    awk '{print $1}' | grep -vE -- '-(cloud|rt|dbg)|unsigned' | grep -E '^linux-image-[0-9]+\.[0-9]+[^-]*(-[0-9]+|\+deb[0-9]+)+(\.bpo\.[0-9]+)?-amd64$' | sort -rV
}

own_suites() {
  # A state of our own, so the machine's lists stay untouched. The mirror is the machine's, if it has one for Debian.
  local state=$cache/.apt keyring=/usr/share/keyrings/debian-archive-keyring.gpg mirror security suite
  [ -e "$keyring" ] || { say "$keyring is missing (Debian package debian-archive-keyring)"; return 1; }
  mirror=$(apt-get indextargets --format "\$(ORIGIN) \$(REPO_URI)" 'Created-By: Packages' 2>/dev/null |
    awk '$1 == "Debian" && $2 !~ /security/ {print $2; exit}')
  security=$(apt-get indextargets --format "\$(ORIGIN) \$(REPO_URI)" 'Created-By: Packages' 2>/dev/null |
    awk '$1 == "Debian" && $2 ~ /security/ {print $2; exit}')
  [ -n "$mirror" ] || { say "apt is configured with no Debian mirror to look for other suites on"; return 1; }
  security=${security:-${mirror%/}-security}
  mkdir -p "$state"/{lists/partial,cache/archives/partial}
  : >"$state/sources.list"
  for suite in $(suites_of "$version"); do
    case $suite in
      *-security) echo "deb [arch=amd64 signed-by=$keyring] ${security%/} $suite main" ;;
      *) echo "deb [arch=amd64 signed-by=$keyring] ${mirror%/} $suite main" ;;
    esac >>"$state/sources.list"
  done
  apt_options+=(
    -o "Dir::State::lists=$state/lists" -o "Dir::Cache=$state/cache"
    -o "Dir::Etc::sourcelist=$state/sources.list" -o Dir::Etc::sourceparts=-
    -o APT::Sandbox::User=root -o APT::Get::List-Cleanup=false -o "Acquire::Languages=none"
  )
  say "asking $(suites_of "$version") of $mirror"
  apt-get "${apt_options[@]}" update -qq >&2 || true # an unreachable suite must not hide the others
}

work=$(mktemp -d "$cache/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT

# Downloads and unpacks one image package with what it splits off (6.19 on: linux-binary-V, linux-modules-V).
take() {
  local image=$1 parts release modules
  parts=$(apt-cache "${apt_options[@]}" depends --no-recommends --no-suggests "$image" 2>/dev/null |
    awk '$1 == "Depends:" && $2 ~ /^linux-(binary|modules)-/ {print $2}')
  rm -rf "${work:?}"/* # the last try's remains
  # shellcheck disable=SC2086 # parts is a list of package names
  (cd "$work" && apt-get "${apt_options[@]}" download -qq -o APT::Sandbox::User=root $image $parts) >&2 || return 1
  mkdir "$work/root"
  for deb in "$work"/*.deb; do dpkg -x "$deb" "$work/root" || return 1; done
  modules=$(find "$work/root" -path '*/lib/modules/*' -prune -type d -print -quit)
  release=${modules##*/}
  if [ -z "$release" ] || ! ls "$work/root/boot/vmlinuz-$release" >/dev/null 2>&1; then
    # The split packages keep the image beside the modules.
    if [ -z "$release" ] || [ ! -e "$modules/vmlinuz" ]; then say "$image holds no kernel"; return 1; fi
    mkdir -p "$work/root/boot" && cp "$modules/vmlinuz" "$work/root/boot/vmlinuz-$release"
  fi
  depmod -b "${modules%/lib/modules/*}" "$release" 2>/dev/null || return 1 # warns about files that split packages lack
  rm -rf "${cache:?}/$release"
  mv "$work/root" "$cache/$release"
  touch "$cache/$release/.complete"
  # The machine's older releases of the series are of no use any more.
  find "$cache" -mindepth 1 -maxdepth 1 -type d -name "${version}[.-]*" ! -name "$release" -exec rm -rf {} +
  dir=$cache/$release
}

try_newest() {
  local image tried=0
  for image in $(apt_search); do
    take "$image" && return 0
    tried=$((tried + 1))
    [ $tried -lt 3 ] || break
  done
  return 1
}

say "looking for a kernel $version in the configured suites"
try_newest && done_with "$dir"
if [ "$(id -u)" = 0 ]; then
  apt-get "${apt_options[@]}" update -qq >&2 || true # lists may be empty (fresh image) or older than the pool
  try_newest && done_with "$dir"
fi
[ -n "$(suites_of "$version")" ] && own_suites && try_newest && done_with "$dir"
give_cached
give_up "not to be had from the machine's suites$(suites_of "$version" | sed 's/^/ nor from /')"
