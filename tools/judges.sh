#!/bin/sh
# Installs the judges of nginx.conf whose packages clash, each into an environment of its own below the given folder:
# gixy-ng and gixy-next are two lines of one program, and both call their package `gixy`.
set -eu
python=$1 folder=$2
for name in gixy-ng gixy-next; do
    [ -x "$folder/$name/bin/gixy" ] && continue
    "$python" -m venv "$folder/$name"
    "$folder/$name/bin/pip" install --quiet "$name"
done
