resource "kubernetes_namespace" "x" {
  metadata {
    name = "by-terraform"
  }
}
