import sys
sys.path.insert(0, "/job/lib")
import things
