#!/bin/sh
# Installs packages of Debian: sh tools/debian.sh NAME...
# A mirror that does not answer, another apt that holds the lock, a list that has just become old: all of it passes, so
# it is tried four times in two minutes, with the list read anew each time.
set -eu
export DEBIAN_FRONTEND=noninteractive
for pause in 5 20 60 0; do
    if apt-get update -qq && apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 "$@" >/dev/null; then
        exit 0
    fi
    [ "$pause" = 0 ] || echo "apt-get could not install $*; trying again in $pause s" >&2
    sleep "$pause"
done
exit 1
