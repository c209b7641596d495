echo before the app
