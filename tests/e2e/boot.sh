# Becomes a systemd of its own, in namespaces and control groups of its own: sh boot.sh GROUP REPOSITORY VENV
# What it and its services write to stays in memory, and nothing of the machine's own services is started.
set -eu
group=$1 repository=$2 venv=$3
if [ -z "${BOOTED:-}" ]; then
    # In groups of their own first: a control group namespace has its root where the process is.
    while read -r _ where kind options _; do
        case $kind in cgroup | cgroup2) ;; *) continue ;; esac
        mkdir "$where/$group"
        case $options in
        *cpuset*) for one in cpus mems; do cat "$where/cpuset.$one" >"$where/$group/cpuset.$one"; done ;;
        esac
        echo $$ >"$where/$group/cgroup.procs"
        echo "$where $kind $options" >>"/tmp/$group"
    done </proc/mounts
    BOOTED=yes exec unshare --kill-child --fork --pid --mount --ipc --uts --cgroup --mount-proc --propagation private \
        sh "$0" "$@"
fi
umount --lazy /sys/fs/cgroup
mount -t tmpfs tmpfs /sys/fs/cgroup
while read -r where kind options; do
    # Of `rw,relatime,cpu` the last word is the controller, or the name of the hierarchy; v2 has none.
    [ "$kind" = cgroup ] && options="-o ${options##*,}" || options=
    case $options in *name=*) options="-o none,${options#-o }" ;; esac
    mkdir -p "$where"
    mount -t "$kind" $options cgroup "$where"
done <"/tmp/$group"
rm "/tmp/$group"
for folder in /run /srv /var/lib /var/cache /etc/systemd/system; do
    mount -t tmpfs tmpfs "$folder"
done
mkdir -p /srv/porch /srv/venv /srv/shop /run/systemd/system
mount --bind "$repository" /srv/porch
mount --bind "$venv" /srv/venv
# Commands name the interpreter by the path that they were installed at.
cp -a "$venv/bin" /srv/bin
grep -lI "^#!$venv/bin/" /srv/bin/* | xargs sed -i "1s|^#!$venv/bin/|#!/srv/venv/bin/|"
mount --bind /srv/bin /srv/venv/bin
printf '[Unit]\nDefaultDependencies=no\n' | tee /run/systemd/system/booted.target >/run/systemd/system/network-online.target
export container=tests
exec /lib/systemd/systemd --system --unit=booted.target --log-target=console --show-status=no
