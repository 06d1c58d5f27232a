revision = "001"
