LIMIT = 5


def fetch(what):
    return what
