module "hazel" {
  source = "./machine"
  name   = "hazel"

  network_interfaces = [
    { bridge = "vmbr0", address = "10.30.10.34/24", gateway = "10.30.10.1" },
    { bridge = "vmbr3", address = "10.30.40.14/24" },
  ]
}
