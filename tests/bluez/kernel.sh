#!/bin/sh
# kernel.sh SOURCE OUT: a kernel with Bluetooth and virtual controllers that runs as a program
# (user-mode Linux), from Debian's own kernel source. No module, no virtual machine, no root to run it.
# About 11 minutes of one processor, once.
set -eu
source=$1 out=$2
work=$out.build
rm -rf "$work" # of a run that was interrupted
mkdir "$work"
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
tar -xf "$source" -C "$work" --strip-components=1
cd "$work"
make -s ARCH=um defconfig
./scripts/config -d MODULES -d DEBUG_INFO -d SOUND -d INPUT_MOUSE -d VT -d WIRELESS -d WLAN -d RFKILL -d IPV6 \
    -e BT -e BT_LE -e BT_BREDR -d BT_RFCOMM -d BT_BNEP -d BT_HIDP -e BT_HCIVHCI -d BT_DEBUGFS \
    -e CRYPTO -e CRYPTO_USER_API_HASH -e CRYPTO_USER_API_SKCIPHER -e CRYPTO_AES -e CRYPTO_CMAC \
    -e CRYPTO_ECB -e CRYPTO_ECDH -e CRYPTO_SHA256 -e HOSTFS -e DEVTMPFS -e DEVTMPFS_MOUNT -e TMPFS \
    -e UNIX -e NET -e INET -e PROC_FS -e SYSFS -e INOTIFY_USER -e EPOLL -e SIGNALFD -e TIMERFD -e EVENTFD \
    -e MEMFD_CREATE -e FHANDLE -e HIGH_RES_TIMERS -e NO_HZ_IDLE -e UHID -e MAGIC_SYSRQ
make -s ARCH=um olddefconfig
for key in BT BT_LE BT_HCIVHCI CRYPTO_ECDH CRYPTO_CMAC CRYPTO_USER_API_HASH HOSTFS; do
    grep -q "^CONFIG_$key=y" .config || { echo "the kernel cannot have CONFIG_$key" >&2; exit 1; }
done
make -s ARCH=um -j"${JOBS:-$(nproc)}" linux
strip -o "$out.new" linux
mv "$out.new" "$out"
