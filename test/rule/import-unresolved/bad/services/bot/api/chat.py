import media
from .history import last
from shared.clock import now
