/* Which images the repository builds itself: by a compose service, a script, a CI job or a document. */
#pragma once

#include "rule/image.h"
#include "rule/rule.h"

/* From a registry on the machine itself, which only what was built there gets into. */
bool is_own_registry(Slice name);

/* A text that builds, loads or renames images. */
bool has_build_word(Slice text);

/* For search_word: a file in which images are built, and a use of the name that builds it. Of a document only the very
 * line that builds counts. data is a Span *: a build of the name from a folder that is not there. */
bool builds_images(const Graph *graph, uint32_t file, void *data);
bool is_build(const Graph *graph, Span span, void *data);

/* A tracked Dockerfile in a folder of the image's name, or NODE_NONE. */
Node build_file_of(const Graph *graph, Slice name);

typedef struct Origin {
	bool built;
	Node build_file; /* that would build it, or NODE_NONE */
	Span gone;       /* a build from a folder that is not there; empty if there is none */
} Origin;

/* Where an image with a local name comes from. */
Origin find_origin(const Graph *graph, const Image *image);

/* Each service that builds in the Dockerfile's folder names an image that a registry may have: whoever pulls needs no
 * build. */
bool is_pulled(const Graph *graph, Node dockerfile);
