/* Which host an address belongs to: told by labwright.yaml, or by the host's name beside it on the same line or in the
 * name of the variable; never by a prefix. Hosts are known by node selectors, node affinity and labwright.yaml. */
#pragma once

#include "base/ip.h"
#include "fact/fact.h"

/* A mention of an address that belongs to a host. */
typedef struct Use {
	Symbol host, address;
	IpScope scope;
	Node mention;
} Use;

typedef struct Hosts {
	const Graph *graph;
	GHashTable *names; /* Symbols of host names */
	GArray *uses;      /* Use, in the order of files */
} Hosts;

/* All mentions of hosts' addresses in files where demands are made. hosts_clear frees what it holds. */
Hosts hosts_new(const Graph *graph);
void hosts_clear(Hosts *hosts);

/* Whether a mention is of one address that a host may have: IPv4, private or overlay, no network, gateway or range. */
bool is_host_address(const Graph *graph, Node mention, IpScope *ret_scope);
