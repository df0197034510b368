#!/bin/sh
# First process of the machine: a root in memory whose programs are the host's. /etc, /run, /tmp and /var are its own, and what is
# written to /usr stays in memory.
PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
while read -r module; do insmod "/modules/$module"; done </modules/order

off() { echo o >/proc/sysrq-trigger; read -r _; }
give() { mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=262144,cache=loose "$@"; }
give host /host || off
mount -t tmpfs -o size=300m new /new
cd /new || off
mkdir -p dev etc proc sys root run/lock tmp usr var/lib var/log host project /new/.usr/upper /new/.usr/work
mount -t overlay -o lowerdir=/host/usr,upperdir=/new/.usr/upper,workdir=/new/.usr/work usr usr || off
chmod 1777 tmp
ln -s ../run var/run

# Every other folder of the host's root stands here under its own name.
for folder in /host/*; do
	name=${folder#/host/}
	if [ -e "$name" ]; then
		continue
	elif [ -L "$folder" ]; then
		ln -s "$(readlink "$folder")" "$name"
	elif [ -d "$folder" ]; then
		mkdir "$name" && mount -o bind "$folder" "$name"
	fi
done
give project project || off

for name in alternatives group ld.so.cache ld.so.conf nsswitch.conf passwd ppp protocols services ssl; do
	[ -e "/host/etc/$name" ] && cp -a "/host/etc/$name" etc/
done
ln -s /proc/mounts etc/mtab
echo '127.0.0.1 localhost' >etc/hosts
echo 'nameserver 127.0.0.1' >etc/resolv.conf

mount -o bind /host host
mount -t proc proc proc
mount -t sysfs sys sys
mount -t devtmpfs dev dev
mkdir -p dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -sf pts/ptmx dev/ptmx
exec chroot /new /bin/bash /project/tests/vm/main.sh
