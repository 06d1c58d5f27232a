/* Whether two objects end up in one cluster, so that they can be in each other's way. */
#pragma once

#include "fact/fact.h"

/* False where different roots of GitOps bring them in, or where their paths name two clusters, hosts or stages. */
bool share_cluster(const Graph *graph, Node one, Node other);
