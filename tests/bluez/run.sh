#!/bin/sh
# run.sh [pytest's arguments]: the guest runs them and ends; the exit status is pytest's.
# Needs no root, no module and no virtual machine: user-mode Linux is a program.
set -eu
root=$(readlink -f -- "$(dirname -- "$(readlink -f -- "$0")")/../..")
case "$*" in
*tests/*) ;;
*) set -- "$@" tests/drivers/test_ble.py tests/drivers/test_stored_records.py tests/drivers/test_bluez.py ;;
esac
cd "$root/.bluez"
printf '%s\n' "$@" -m "not virtual" --junitxml=/mnt/.bluez/result.xml >arguments
rm -f status result.xml
install -m 755 "$root/tests/bluez/init.sh" debian/sbin/edge-init
timeout "${SECONDS_MOST:-1800}" ./linux mem=768M root=/dev/root rootfstype=hostfs rootflags="$root/.bluez/debian" \
    ro init=/sbin/edge-init con0=fd:0,fd:1 con=null quiet loglevel=3 random.trust_cpu=1 \
    edge_root="$root" </dev/null | tee run.log
exit "$(cat status 2>/dev/null || echo 70)"
