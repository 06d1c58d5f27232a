def hello(what):
    return what
