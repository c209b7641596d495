from flask import Flask


def create():
    app = Flask(__name__)
    return app
