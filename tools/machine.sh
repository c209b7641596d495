#!/bin/sh
# Brings the programs of Debian that the tests ask: nginx, to judge configurations beside the embedded one.
set -eu
missing=''
command -v nginx >/dev/null || [ -x /usr/sbin/nginx ] || missing="$missing nginx-light"
command -v curl >/dev/null || missing="$missing curl"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "the tests also want:$missing; as root: apt-get install$missing" >&2
    exit 0
fi
apt-get update -qq
# No service is to be started by the installation: the tests start what they need themselves.
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d.porch
chmod +x /usr/sbin/policy-rc.d.porch
if [ ! -e /usr/sbin/policy-rc.d ]; then mv /usr/sbin/policy-rc.d.porch /usr/sbin/policy-rc.d; made=1; else rm /usr/sbin/policy-rc.d.porch; made=''; fi
# shellcheck disable=SC2086 # a list of names
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
[ -z "$made" ] || rm /usr/sbin/policy-rc.d
