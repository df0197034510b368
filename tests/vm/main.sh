#!/bin/bash
# Second half of init, in the machine's own root: run the Python module that the kernel's command line names, then power off.
# shellcheck disable=SC2086 # a list of words
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb LANG=C.UTF-8 PYTHONPATH=/project PYTHONDONTWRITEBYTECODE=1
read -r line </proc/cmdline
guest=${line##*guest=}
IFS=, read -r module words <<<"${guest%% *}"
stty -F /dev/ttyS1 raw
ip link set lo up
cd /
timeout -k 5 "${line##*limit=}" /project/.venv/bin/python -m "$module" ${words//,/ } </dev/null >/dev/ttyS1
printf 'guest: %s ended with status %s after %s s\n' "$module" $? "$(cut -d' ' -f1 /proc/uptime)"
echo o >/proc/sysrq-trigger
read -r _ </dev/ttyS0 # the first process must not end; programs cannot be found any more
