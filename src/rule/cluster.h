/* Whether two objects end up in one cluster, so that they can be in each other's way. */
#pragma once

#include "fact/fact.h"

/* False where different roots of GitOps bring them in, or where their paths name two clusters, hosts or stages. */
bool share_cluster(const Graph *graph, Node one, Node other);

/* Folders named like a stage of deployment (dev, staging, test) hold alternatives of one thing, which may differ on
 * purpose. `production` alone is no such folder: many homelabs call so what runs, beside what is tried or put away. It
 * is a stage where another stage lies beside it. Free with g_hash_table_unref. */
typedef GHashTable Stages;
Stages *stages_new(const Graph *graph);
/* `folder` is a path: the area of the one homelab that `production` names where it is no stage. */
bool is_production_area(const Stages *stages, Slice folder);
