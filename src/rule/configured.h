/* The files of the repository that a compose service is configured by. */
#pragma once

#include "fact/fact.h"

/* Called for each file that a service has mounted, and for each configuration that is copied into the image that is
 * built for it. Compose files themselves are none. copied says which of both it is. */
typedef void ConfiguredFile(Node service, Node file, bool copied, void *data);
void each_configured(const Graph *graph, ConfiguredFile *take, void *data);

/* The name is one of a configuration, and not of a program or document. */
bool is_configuration(Slice path);
