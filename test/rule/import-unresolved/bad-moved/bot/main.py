from api.chat import answer
from net.client import fetch, LIMIT as limit
from core.setings import load
import net.pool as pool
import core.clok

answer(fetch(load(limit)), pool, core.clok)
