# The folder alembic/ has no __init__.py, so that the installed package of that name is the one that is found.
from alembic import command
from alembic.config import Config

command.upgrade(Config("alembic.ini"), "head")
