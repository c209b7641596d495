#!/bin/sh
# Brings the programs of Debian that the tests ask: nginx, to judge configurations beside the embedded one,
# PostgreSQL, whose locks hold for several replicas, systemd, to judge units and to run them in namespaces, and pebble,
# which issues certificates as Let's Encrypt does.
set -eu
[ -x /usr/sbin/nginx ] && [ -d /usr/lib/postgresql ] && [ -x /usr/bin/systemd-analyze ] && [ -x /usr/bin/pebble ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "the tests also want Debian's packages; as root: apt-get install nginx-light postgresql systemd pebble" >&2
    exit 0
fi
# The installation must not start a service: a policy of 101 forbids it (invoke-rc.d(8)).
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
fi
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nginx-light postgresql systemd pebble >/dev/null
