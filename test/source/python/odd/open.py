import bom
from x import (
  y,
  z)
s = "open
import after
t = """never closed
import no
