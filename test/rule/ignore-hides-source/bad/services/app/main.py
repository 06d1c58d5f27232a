from api import media
from models.message import Message
from models.multimodal import Picture
