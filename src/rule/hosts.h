/* Which host an address belongs to: told by labwright.yaml, by an inventory, by a table of hosts, by the host's name
 * right beside the address or in the name of its variable; never by a prefix. */
#pragma once

#include "base/ip.h"
#include "fact/fact.h"

/* A mention of an address that belongs to a host. */
typedef struct Use {
	const char *host; /* one pointer for all names of one host */
	Symbol address;
	IpScope scope;
	Node mention;
	const char *tie;    /* what ties it to the host: "by the name ALDER_IP" */
	bool beside_others; /* the same row gives the host several addresses of this scope: it has them all */
} Use;

typedef struct Hosts {
	const Graph *graph;
	GStringChunk *texts;
	GHashTable *names;  /* every name and alias of a host in small letters → the host's name */
	GHashTable *places; /* host → Node or mention that named it first */
	GArray *uses;       /* Use, by its mention: in the order of files */
} Hosts;

/* All mentions of hosts' addresses in files where demands are made. hosts_clear frees what it holds. */
Hosts hosts_new(const Graph *graph);
void hosts_clear(Hosts *hosts);

/* The host of that name or alias, or NULL. */
const char *hosts_find(const Hosts *hosts, const char *name);

/* Whether a mention is of one address that a host may have: IPv4, private or overlay, no network, gateway or range; and
 * not told of the past. */
bool is_host_address(const Graph *graph, Node mention, IpScope *ret_scope);

/* The name that an inventory, a table of hosts, an ssh configuration or a map with a name gives to the address; empty
 * where none does. Bytes of the file. */
Slice inventory_name(const Graph *graph, Node mention);

/* A word for another connection than the host's own: storage, bmc, old … */
bool is_other_purpose(Slice word);

/* Within a row of a Markdown table: the cell that the place is in, and the header above that cell; false elsewhere. */
bool table_cell(const Graph *graph, Span place, Slice *ret_first, Slice *ret_header, Slice *ret_first_header);

/* Whether the place is in a fence of a document that the line above calls an example, or in a line that says so. */
bool is_in_example(const Graph *graph, Span place);
