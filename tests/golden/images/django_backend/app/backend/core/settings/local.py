from .base import *

SECRET_KEY = "for development"
