import wandb
import settings_local
from config import local
from models import one
from build.made import x
try:
    from config import maybe
except ImportError:
    maybe = None
