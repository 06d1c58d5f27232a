pm_api_token_id     = "root@pam!tofu"
pm_api_token_secret = "7c2e9a40-d5b1-4836-9f0e-b1a6d83c57e2"
