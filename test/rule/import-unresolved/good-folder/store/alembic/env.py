print("migrations")
