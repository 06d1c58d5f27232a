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

/* Follows what a Dockerfile's stages start or bundle of JavaScript and TypeScript: SCRIPT_IN, MODULE_LOST,
 * MODULE_LEFT_OUT and PACKAGE_UNLISTED. seen holds the FILE nodes that were read in some image, told the IMPORT nodes
 * that something was said of, as pointers. */
void link_modules(Graph *graph, const Build *build, GHashTable *seen, GHashTable *told);

/* A step of the Dockerfile speaks of the module, or brings files that nobody can know. */
bool link_may_be_made(const Graph *graph, Node dockerfile, const char *top);

/* Puts folders of the repository that a compose service mounts over what the image holds; NODE_NONE is fine. */
void link_add_mounts(Image *image, Node service);
