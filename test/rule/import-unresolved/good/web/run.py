"""import nothing"""
import json, os.path
import plugins.extra
import tool_made
from made import thing
import redis.asyncio
import web
from web import views, VERSION
from web.sub.deep import (a,
    b)
import util
try:
    import fast_one
except ImportError:
    fast_one = None
if os.name == "nt":
    import winthing
