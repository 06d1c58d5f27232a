locals {
  vms = [
    {
      type = "master"
      ip   = "192.168.7.10"
      node = "epsilon"
    },
    {
      type = "worker"
      ip   = "192.168.7.20"
      node = "epsilon"
    },
  ]
}
