import psycopg2
import redis
import yaml
