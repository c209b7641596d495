"""A Flask package with a factory, as the Flask tutorial teaches it."""

from flask import Flask, abort, jsonify, redirect, request, url_for


def create_app():
    """Build the shop."""
    app = Flask(__name__)

    @app.get("/")
    def index():
        return "the shop is open"

    @app.get("/items/<int:number>")
    def item(number):
        if number > 100:
            abort(404)
        return jsonify(number=number, address=url_for("item", number=number, _external=True))

    @app.get("/old")
    def old():
        return redirect(url_for("index"))

    @app.post("/orders")
    def order():
        return jsonify(ordered=request.get_json()["item"]), 201

    return app
