import sys
from app import fine, old, filled

sys.exit(fine.run() + old.run() + filled.run())
