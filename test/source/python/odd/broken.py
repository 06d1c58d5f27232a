from
import
from . 
import 1
from . import
from x import (
import as
)
else:
 import q
))))
import z
