import logging

import flask
from requestlogger import ApacheFormatter, WSGILogger

app = flask.Flask(__name__)

loggingapp = WSGILogger(app, [logging.StreamHandler()], ApacheFormatter())

if __name__ == "__main__":
    app.run(host="0.0.0.0")
