/* How much a machine has, as the repository says it: in the manifest of its Node, beside its address in an inventory,
 * in a table of hosts. */
#pragma once

#include "rule/hosts.h"

typedef struct Capacity {
	char cpu[16], memory[16]; /* amounts as Kubernetes writes them; empty where nothing says it */
	Span place;
	Span more;     /* where the one amount stands that is not said there; end 0 where none does */
	Span other;    /* where something else is said of it; end 0 where nothing is */
	bool document; /* a person wrote it for persons: to be confirmed */
	bool node;     /* said of a node of a cluster */
} Capacity;

/* What is known of each host: its name in small letters → Capacity, the surest one that says most. Free with
 * g_hash_table_unref. */
GHashTable *capacities_new(const Hosts *hosts);

/* Adds to them what documents say in tables, lists and sentences that hold no address. */
void capacities_add_documents(const Hosts *hosts, GHashTable *all);

/* Inside: what `key: value` says, the first word counts; files whose machines are not the real ones; and one more
 * statement about a host. */
void capacity_take(Capacity *capacity, Slice key, Slice value);
bool capacity_is_of_vagrant(Slice path);
void capacities_keep(GHashTable *all, const char *host, const Capacity *capacity);
