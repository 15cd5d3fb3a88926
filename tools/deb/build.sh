#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# build.sh DIR: build the Debian packages from a copy of the tree and put them into DIR.
# VERSION=N gives them another version than the tree has, for tests.
set -euo pipefail

repo=$(cd "$(dirname "$0")/../.." && pwd)
out=${1:?usage: build.sh DIR}
of_tree=$(sed -n 's/^MODULE_VERSION("\(.*\)");$/\1/p' "$repo/drivers/myvhost/main.c")
version=${VERSION:-$of_tree}

# sources: the project's own files, without what builds leave behind
sources() {
	if [ -e "$repo/.git" ] && command -v git > /dev/null; then
		git -C "$repo" -c "safe.directory=$repo" ls-files --cached --others --exclude-standard
	else
		(cd "$repo" && find . -name .git -prune -o -type f ! -name '*.o' ! -name '*.ko' ! -name '*.mod*' \
			! -name '.*.cmd' ! -path '*/obj/*' -printf '%P\n')
	fi | while IFS= read -r f; do
		[ ! -f "$repo/$f" ] || printf '%s\n' "$f"
	done
}

for tool in dpkg-buildpackage dh dh_dkms; do
	command -v $tool > /dev/null || {
		echo "build.sh: no $tool; try: apt-get install build-essential debhelper dh-dkms pkgconf libjson-c-dev libncurses-dev clang bpftool libbpf-dev" >&2
		exit 1
	}
done
head -n 1 "$repo/tools/deb/debian/changelog" | grep -qF "($of_tree)" || {
	echo "build.sh: the first version in tools/deb/debian/changelog is not $of_tree, that of drivers/myvhost/main.c" >&2
	exit 1
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/myvhost" "$out"
sources | tar -C "$repo" -cf - -T - | tar -C "$work/myvhost" -xf -
cd "$work/myvhost"
mv tools/deb/debian .
sed -i "1s/($of_tree)/($version)/" debian/changelog
sed -i "s/^MODULE_VERSION(\".*\");$/MODULE_VERSION(\"$version\");/" drivers/myvhost/main.c
# as it is installed, whatever this user's umask is
chmod -R u=rwX,go=rX .
dpkg-buildpackage -b -us -uc -ui
cd ..
mv ./*.deb ./*.changes ./*.buildinfo "$out/"
ls "$out"/*.deb
