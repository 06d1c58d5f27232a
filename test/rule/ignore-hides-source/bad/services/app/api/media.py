from models import multimodal
from models import message
