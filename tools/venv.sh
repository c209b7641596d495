#!/bin/sh
# Makes the virtual environment, and where Debian's Python comes without `venv` says or does what is missing.
# Started by root, it prefers an interpreter that every user can read: the app is then run by an unprivileged one.
set -eu
python=$1 venv=$2

fit() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

if [ "$(id -u)" = 0 ]; then
    real=$("$python" -c 'import os, sys; print(os.path.realpath(sys.executable))' 2>/dev/null || true)
    case $real in /root/*) if fit /usr/bin/python3; then python=/usr/bin/python3; fi ;; esac
fi
fit "$python" || { echo "porch needs Python 3.11 or newer; name one with: make PYTHON=python3.12" >&2; exit 1; }

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        version=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
        sh "$(dirname "$0")/debian.sh" "$version"
    else
        echo "this Python has no venv; as root: apt-get install python3-venv" >&2
        exit 1
    fi
fi
"$python" -m venv "$venv"
# `pip install --group` needs pip 25.1.
"$venv/bin/pip" install --quiet --upgrade 'pip>=25.1'
