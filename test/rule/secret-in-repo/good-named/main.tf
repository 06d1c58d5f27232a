password = random_password.database.result
token = data.onepassword_item.cloudflare2.credential
