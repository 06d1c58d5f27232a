# where the manager of secrets keeps them
secret_ids = {
  proxmox_token         = "5b0c7d1e-93a4-4f6b-8d27-1c9e0a7f4b35"
  proxmox_user          = "e2a96f04-7c3d-4b18-a5f0-63d8b91c2e47"
  tailscale_oauth_token = "91d47a3c-0e5b-4c82-b6f9-a27d50e8136c"
}
