/* How much a machine has, as the repository says it: in the manifest of its Node, beside its address in an inventory,
 * in a table of hosts. */
#pragma once

#include "rule/hosts.h"

typedef struct Capacity {
	char cpu[16], memory[16]; /* amounts as Kubernetes writes them; empty where nothing says it */
	Span place;
	bool document; /* a person wrote it for persons: to be confirmed */
} Capacity;

/* What is known of each host: its name in small letters → Capacity, the surest one that says most. Free with
 * g_hash_table_unref. */
GHashTable *capacities_new(const Hosts *hosts);
