/* Inside of src/link: how the joins of builds hand to one another. */
#pragma once

#include "link/image.h"

/* One way in which a Dockerfile is built. */
typedef struct Build {
	Node dockerfile;
	const char *context; /* folder of the repository */
	Node service;        /* compose service that builds it so, or NODE_NONE where it is a guess */
	Span said;           /* place that says so: the Dockerfile's own begin for a guess */
} Build;

/* Follows the programs that the image starts through their imports: RUNS_IN, NOT_IN_IMAGE, WANTS_PATH and
 * LACKS_START.
 * seen holds the FILE nodes that were read in some image, as pointers. */
void link_programs(Graph *graph, const Build *build, GHashTable *seen);

/* Relative imports of a Python file that no image is known to run. */
void link_relative_imports(Graph *graph, Node file);
