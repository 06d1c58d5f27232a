token = os.environ["PLEX_TOKEN_FROM_ENV_2024"]
TOKEN = read_token_from_file_named_homelab1
SECRET_KEY = "change-me-to-something-2-random"
API_KEY = "your-api-key-goes-here-1234"
if token == "nZ3eBZclIvRY6iEjH5UH1RSC":
    pass
next_token: "AliceBobCarolDaveEve99"
