#!/bin/sh
# Brings the programs of Debian that the tests ask: nginx, to judge configurations beside the embedded one,
# PostgreSQL, whose locks hold for several replicas, systemd, to judge units and to run them in namespaces, pebble,
# which issues certificates as Let's Encrypt does, slowhttptest, which is a crowd of slow clients, and podman with runc,
# which plays manifests for Kubernetes.
set -eu
packages="nginx-light postgresql systemd pebble slowhttptest podman runc catatonit netavark aardvark-dns"
there=yes
for each in /usr/sbin/nginx /usr/lib/postgresql /usr/bin/systemd-analyze /usr/bin/pebble /usr/bin/slowhttptest /usr/bin/podman \
    /usr/sbin/runc /usr/bin/catatonit; do
    [ -e "$each" ] || there=no
done
[ "$there" = yes ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "the tests also want Debian's packages; as root: apt-get install $packages" >&2
    exit 0
fi
# The installation must not start a service: a policy of 101 forbids it (invoke-rc.d(8)).
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
fi
# shellcheck disable=SC2086  # these are several words
sh "$(dirname "$0")/debian.sh" $packages
