git clone https://example.com/fetched.git
