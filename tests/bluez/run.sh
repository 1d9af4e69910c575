#!/bin/sh
# run.sh [pytest's arguments]: the guest runs them and ends; the exit status is pytest's.
# Needs no root, no module and no virtual machine: user-mode Linux is a program.
set -eu
root=$(dirname -- "$(readlink -f -- "$0")")/../..
root=$(readlink -f -- "$root")
[ $# -gt 0 ] || set -- tests/bluez tests/drivers/test_ble.py tests/drivers/test_stored_records.py
printf '%s\n' "$@" -m "not virtual" >"$root/.bluez/arguments"
rm -f "$root/.bluez/status"
timeout "${SECONDS_MOST:-1800}" "$root/.bluez/linux" mem=768M root=/dev/root rootfstype=hostfs \
    rootflags="$root/.bluez/root" ro init=/sbin/edge-init con0=fd:0,fd:1 con=null quiet loglevel=3 \
    random.trust_cpu=1 edge_root="$root" </dev/null
exit "$(cat "$root/.bluez/status" 2>/dev/null || echo 70)"
