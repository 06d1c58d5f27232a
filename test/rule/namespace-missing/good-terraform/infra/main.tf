resource "kubernetes_namespace_v1" "ci_runners" {
  metadata { name = "ci-runners" }
}
