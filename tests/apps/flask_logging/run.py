"""A Flask app wrapped by wsgi-request-logger: it writes its own Apache-combined lines."""

import logging

import flask
from requestlogger import ApacheFormatter, WSGILogger

app = flask.Flask(__name__)
logger = logging.getLogger("myapp")
logger.addHandler(logging.StreamHandler())
logger.setLevel(logging.INFO)


@app.route("/")
def index():
    logger.info("someone asks for the index")
    print("a word from print")
    return "Hello from run.py"


loggingapp = WSGILogger(app, [logging.StreamHandler()], ApacheFormatter())

if __name__ == "__main__":
    app.run(host="0.0.0.0")
