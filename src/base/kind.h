/* Kinds of Kubernetes objects, for all who know them by their word alone. */
#pragma once

#include <stdbool.h>

/* True for kinds that have no namespace. Words of operators that begin with Cluster are mostly the wide form of another
 * kind (ClusterIssuer, ClusterPolicy); a bare Cluster is a database. */
bool kind_is_cluster_wide(const char *kind);
