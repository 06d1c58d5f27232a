def write(what):
    print(what)
