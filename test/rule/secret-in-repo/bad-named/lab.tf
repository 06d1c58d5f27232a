locals { api_token = "32A8Yb3FKaNQyyLaMeffOhq4AUvy7VSLDCD1IfHW" }
