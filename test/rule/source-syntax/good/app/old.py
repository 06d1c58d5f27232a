def run():
    print "a Python 2 program"
    return 0

try:
    run(]
except ValueError, problem:
    pass
