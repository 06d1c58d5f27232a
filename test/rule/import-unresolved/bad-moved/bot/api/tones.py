def quiet(what):
    return what
