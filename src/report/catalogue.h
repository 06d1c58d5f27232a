/* The services of a homelab: what runs, where, and what belongs to it. A question to the graph. */
#pragma once

#include "base/arena.h"
#include "fact/fact.h"

#define REPLICAS_UNKNOWN UINT32_MAX

/* Texts are of the catalogue's arena; "" where nothing is said. Lists are joined by ", ". */
typedef struct Service {
	const char *name, *kind, *area, *node;
	const char *images, *ports, *hosts; /* hosts: names and addresses that lead to it */
	const char *probes, *requests, *limits, *data;
	const char *backup; /* jobs that copy the data */
	const char *chart;  /* of a release, or where it takes it from */
	const char *file;
	uint32_t replicas; /* or REPLICAS_UNKNOWN: of a chart, or one for each node */
	bool opaque;       /* a chart that nobody opened: what it runs is not known */
	Node subject;
} Service;

typedef struct Catalogue {
	GArray *services; /* Service, by area and name */
	Arena *arena;
} Catalogue;

/* Deployments, StatefulSets, DaemonSets, CronJobs, releases of charts and services of compose files that are in use. */
Catalogue *catalogue_new(const Graph *graph);
void catalogue_free(Catalogue *catalogue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Catalogue, catalogue_free)
