from . import VERSION
from .sub import deep
from ._version import version
from .api_pb2 import X
