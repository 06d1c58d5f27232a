EXAMPLES = """
- acme.home.lamp:
    api_key: "9775a026f1ca7d1c6c5af9d94d9595a4"
"""
