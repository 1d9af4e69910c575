#!/bin/sh
# PID 1 of the guest: a system bus, the real bluetoothd, then pytest; the project is at /mnt.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 EDGE_BLUEZ=1
export PYTHONPATH=/mnt/.bluez/site PYTHONDONTWRITEBYTECODE=1
mount -t proc proc /proc
mount -t sysfs sys /sys
for folder in /tmp /run /var/lib/bluetooth /root /dev/shm; do
    mkdir -p "$folder"
    mount -t tmpfs tmpfs "$folder"
done
mount -t hostfs none /mnt -o "hostfs=$(sed -n 's/.*edge_root=\([^ ]*\).*/\1/p' /proc/cmdline)"
ip link set lo up
mkdir -p /run/dbus
dbus-uuidgen >/run/machine-id && mount --bind /run/machine-id /etc/machine-id
dbus-daemon --system --fork --nopidfile
[ -c /dev/vhci ] || mknod /dev/vhci c 10 137
while :; do # as systemd does; 5.82 now and then ends with SIGSEGV when an adapter is unplugged
    /usr/libexec/bluetooth/bluetoothd -n
    echo "bluetoothd ended with status $?"
    sleep 0.5
done >/tmp/bluetoothd.log 2>&1 &
cd /mnt || exit
set --
while IFS= read -r word; do set -- "$@" "$word"; done </mnt/.bluez/arguments
echo "kernel $(uname -r), BlueZ $(/usr/libexec/bluetooth/bluetoothd --version), $(python3 --version)"
python3 -m pytest -p no:cacheprovider --basetemp=/tmp/pytest "$@"
echo $? >/mnt/.bluez/status
[ "$(cat /mnt/.bluez/status)" = 0 ] || tail -n 40 /tmp/bluetoothd.log
sync
echo o >/proc/sysrq-trigger
sleep 5
