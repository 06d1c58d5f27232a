resource "kubernetes_namespace" "x" {
  metadata {
    name = "from-terraform"
  }
}
resource "helm_release" "y" {
  name      = "y"
  namespace = "from-helm"
}
