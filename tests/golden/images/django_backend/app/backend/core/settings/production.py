import os

from .base import *

SECRET_KEY = os.environ["DJANGO_SECRET_KEY"]
STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}}
