path "kv/data/a" {
  capabilities = ["read"]
}
path "kv/data/b" {
  capabilities = ["read", "list"]
}
