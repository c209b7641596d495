echo "prestart.sh beside the app ran"
