resource "router_network" "lan" {
  subnet     = "192.168.8.1/24"
  dhcp_start = "192.168.8.20"
  leases = [
    {
      address = "192.168.9.10"
      mac     = "b8:27:eb:1d:44:90"
      name    = "doorbell"
    },
  ]
}
