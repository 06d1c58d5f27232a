print("honey")
