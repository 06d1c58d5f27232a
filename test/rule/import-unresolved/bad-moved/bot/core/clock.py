now = 0
