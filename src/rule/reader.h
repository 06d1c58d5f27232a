/* Which programs read a configuration of the repository, and where their containers have it. */
#pragma once

#include "fact/fact.h"

/* Called with each compose service and container that has the configuration which says the row: as a file that is
 * mounted, as the key of a ConfigMap, or of one that a kustomization generates. config is its path in the container. */
typedef void ConfigReader(Node program, const Row *row, const char *config, void *data);
void each_reader(const Graph *graph, const Row *row, ConfigReader *take, void *data);

/* The image is that of the program itself, of some owner: names as in {"loki", NULL}. */
bool is_image_of(const Graph *graph, Node program, const char *const *names);

/* Loki that is started with the configuration at that path. Its kin, as Promtail and Tempo, say their port for HTTP in
 * the same way, and listen on others for what they take in. */
bool starts_loki(const Graph *graph, Node program, const char *config);
