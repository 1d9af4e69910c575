#!/bin/sh
# root.sh OUT: the files of a small Debian with bluetoothd, D-Bus and Python, from Debian's packages.
# About a minute and 170 MB, once. SUITE names the release.
set -eu
out=$1
rm -rf "$out.new" # of a run that was interrupted
# shellcheck disable=SC2016  # apt's own variable
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | head -n 1)
mmdebstrap --quiet --variant=minbase --include=bluez,dbus,iproute2,python3 \
    --aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' "${SUITE:-trixie}" "$out.new" "$mirror"
mkdir -p "$out.new/mnt"
mv "$out.new" "$out"
