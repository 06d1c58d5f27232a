/* Whether two objects end up in one cluster, so that they can be in each other's way. */
#pragma once

#include "fact/fact.h"

/* False where different roots of GitOps bring them in, or where their paths name two clusters, hosts or stages. */
bool share_cluster(const Graph *graph, Node one, Node other);

/* One of the namespaces in which one is applied is one of the other's, or is not known. */
bool may_share_namespace(const Graph *graph, Node one, Node other);

/* Folders named like a stage of deployment (dev, staging, test) hold alternatives of one thing, which may differ on
 * purpose. `production` alone is no such folder: many homelabs call so what runs, beside what is tried or put away. It
 * is a stage where another stage lies beside it. */
typedef struct Stages {
	const Graph *graph;
	GHashTable
	        *parents; /* of stages other than production, each with its last slash; NULL until one is asked for */
} Stages;
/* `folder` is a path: the area of the one homelab that `production` names where it is no stage. */
bool is_production_area(Stages *stages, Slice folder);
void stages_clear(Stages *stages);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Stages, stages_clear)

/* The repository is one of lessons or trials, each of which is applied by itself. */
bool is_collection(const Graph *graph);

/* The paths part in folders of two distributions: k3s/, microk8s/. */
bool are_for_two_distributions(Slice one, Slice other);
