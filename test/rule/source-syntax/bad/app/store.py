def read(:
    return ["a", "b"]
