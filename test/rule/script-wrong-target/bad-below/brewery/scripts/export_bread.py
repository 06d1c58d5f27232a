print("beer")
