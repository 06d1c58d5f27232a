import os
import yaml
from flask import Flask
from PIL import Image
from db import connect

app = Flask(__name__)


def late():
    import boto3
