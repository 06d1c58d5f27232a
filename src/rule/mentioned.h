/* Which Service a host's name leads to. */
#pragma once

#include "fact/fact.h"

/* The object that is applied as Service/namespace/name, or NODE_NONE. */
Node find_service(const Graph *graph, const char *namespace, const char *name);

/* name.namespace.svc or name.namespace.svc.cluster.local, taken apart; NULL for any other host. Free with g_strfreev.
 */
char **split_service_host(const char *host);

/* The namespace of the object around the place, "" where nobody says it; NULL where there is none. Free with g_free. */
char *namespace_at(const Graph *graph, Span place);

/* The Service that a host certainly is where it stands: by its full name, or by a bare name of the namespace that the
 * object around the place is in. */
Node host_service(const Graph *graph, const char *host, Span place);
/* The same of a mention. */
Node mentioned_service(const Graph *graph, Node mention);

/* The service of the compose file that the mention stands in, by its name: what containers call one another. */
Node composed_service(const Graph *graph, Node mention);
