/* Where a homelab runs: on a cluster that somebody named, or on this machine's Docker or Podman. */
#pragma once

#include "cluster/cluster.h"
#include "flow/flow.h"

typedef struct TargetOptions {
	const char *context, *kubeconfig; /* of the command line; or NULL */
	bool local;                       /* Docker or Podman, whatever labwright.yaml says */
} TargetOptions;

/* Connects to the cluster that the options or labwright.yaml name. *ret_cluster is NULL where none is named: then it is
 * this machine. False with an error where one is named and is not to be had. */
bool target_open(const ScanOptions *where, const TargetOptions *options, Cluster **ret_cluster, GError **error);
