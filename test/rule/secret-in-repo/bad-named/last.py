PLEX_TOKEN = "zg2sye9b2Rann76dEyTz"
HEADERS = {"Authorization": "Bearer AeKOmXRrvftva9AW7hipTgadDZFlRJmCGmUXiAPy"}
