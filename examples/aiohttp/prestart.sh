echo "prestart.sh: what must be done before the first request"
