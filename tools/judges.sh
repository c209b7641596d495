#!/bin/sh
# Installs the judges whose packages clash with others, each into an environment of its own below the given folder:
# gixy-ng and gixy-next are two lines of one program, and both call their package `gixy`; checkov bounds what others need.
set -eu
python=$1 folder=$2
for pair in gixy-ng:gixy gixy-next:gixy checkov:checkov; do
    name=${pair%:*} program=${pair#*:}
    [ -x "$folder/$name/bin/$program" ] && continue
    "$python" -m venv "$folder/$name"
    "$folder/$name/bin/pip" install --quiet "$name"
done
