/* Where a homelab runs: on a cluster that somebody named, or on this machine's Docker or Podman. */
#pragma once

#include "cluster/cluster.h"
#include "flow/homelab.h"

typedef struct TargetOptions {
	const char *context, *kubeconfig; /* of the command line; or NULL */
	bool local;                       /* Docker or Podman, whatever labwright.yaml says */
} TargetOptions;

/* Connects to the cluster that the options or labwright.yaml name. *ret_cluster is NULL where none is named: then it is
 * this machine. False with an error where one is named and is not to be had. */
bool target_open(const ScanOptions *where, const TargetOptions *options, Cluster **ret_cluster, GError **error);
/* This machine's engine, as labwright.yaml has it. */
Engine *target_engine(const ScanOptions *where, GError **error);

/* The same where nothing but a cluster will do: an error where none is named. option is what needs it, for the message.
 */
bool target_open_cluster(const ScanOptions *where, const TargetOptions *options, const char *option,
        Cluster **ret_cluster, GError **error);

/* What of a repository is applied to a cluster. */
typedef struct ObjectSet {
	GPtrArray *renders; /* Render; the objects live there */
	GArray *given;      /* Manifest: Secrets of the user */
	GArray *manifests;  /* Manifest, borrowed from both */
	GArray *problems;   /* WantedProblem */
	uint32_t compose;   /* files that are for Docker and are left out */
	GHashTable *twins;  /* names of objects that are in it twice and otherwise, see object_has_twin */
	bool whole;         /* the whole repository, so that what is not in it may be pruned */
} ObjectSet;

/* paths, secrets and names of options count. Nothing is asked of a cluster. */
ObjectSet *object_set_new(const Scan *scan, const HomelabOptions *options, const char *const *only, GError **error);
/* The repository has another object of that name, which says something else: which is meant only its owner knows. */
bool object_has_twin(const ObjectSet *set, const Manifest *manifest);
void object_set_free(ObjectSet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ObjectSet, object_set_free)
