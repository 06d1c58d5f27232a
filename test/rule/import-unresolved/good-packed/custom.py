# Mounted over the program's own settings/custom.py.
from .base import DATABASES

DATABASES["default"]["CONN_MAX_AGE"] = 60
