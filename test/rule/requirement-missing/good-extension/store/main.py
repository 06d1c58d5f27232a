import flask
import freezegun
import limiter
from wtforms import StringField

print(flask, freezegun, limiter, StringField)
