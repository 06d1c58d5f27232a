/* A cluster beside the repository: what it says of itself, and where it differs from the files. Only read. */
#pragma once

#include "flow/target.h"

/* Reads the lists that rules ask about, by several threads, each with a builder of its own (GraphBuilder) that is added
 * to builders; bytes (freed by g_free) hold what they borrow. A line is appended to notes, or NULL, for what may not be
 * read. No value of a Secret is read, but with certificates: then those that are certificates for TLS come over the
 * network, and the day on which each ends is all that is kept. */
bool live_read(
        Cluster *cluster, bool certificates, GPtrArray *builders, GPtrArray *bytes, GString *notes, GError **error);

/* The same as the graph that usage_new makes of files; paths are files beside them, or NULL. */
Usage *usage_live(Cluster *cluster, bool certificates, const char *const *paths, GString *notes, GError **error);

/* An object of the repository that is otherwise on the cluster. */
typedef struct Drift {
	char *title; /* "core/Deployment/api" */
	char *path;  /* of its file */
	Span place;
	bool absent;        /* it is not there at all */
	GPtrArray *changes; /* FieldChange: old is the cluster's, now the file's; NULL for containers */
	GPtrArray *texts;   /* char *: the same of this machine's containers, in words; NULL for a cluster */
} Drift;

void drift_free(void *data);

/* Says of the objects of the repository what the usage's cluster says of them: see fact/kinds.def from ON_CLUSTER on.
 * Appends to notes, or NULL, what no file makes and does not run. */
void beside_derive(Scan *scan, GString *notes);

/* What its nodes are and hold: CLUSTER_MACHINE, HELD_BY. The caller finishes the graph. */
void held_derive(Graph *graph, const Graph *live);

/* Keeps drifts (Drift, borrowed for as long as the scan and all that are made of it) as DRIFTS rows. */
void scan_drift(Scan *scan, const GPtrArray *drifts);

/* Drift of all objects (Drift), in their order, but for those of which the repository has two that differ; free with
 * g_ptr_array_unref. Secrets are only looked for, and their values not read. ret_unread counts kinds that the cluster
 * lacks and objects that may not be read. */
GPtrArray *live_drift(
        Cluster *cluster, const Scan *scan, const ObjectSet *objects, uint32_t *ret_unread, GError **error);

/* The same of this machine's engine: where the containers of a workload or compose service are otherwise than its file,
 * since when, and by whom. whole: all of the repository is in the homelab. A line is appended to notes for each
 * container that no file asks for, and for what could not be compared. */
GPtrArray *engine_drift(Engine *engine, const Homelab *homelab, bool whole, GString *notes, GError **error);

/* The values of a drift as edits of the files: findings that FixOptions.proposed takes, in the arena; free with
 * g_ptr_array_unref. ret_left: how many differences have no certain place in a file. */
GPtrArray *adopt_findings(const Scan *scan, const GPtrArray *drifts, Arena *arena, uint32_t *ret_left);
