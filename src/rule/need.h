/* What Python packages an image installs, gathered from its Dockerfile and the lists this names. Shared by the topics
 * of src/rule that ask what a build leaves out. */
#pragma once

#include "fact/fact.h"

typedef struct Needs {
	GPtrArray *names; /* char *, packages as written; "NAME[]" with extras */
	GArray *files;    /* Node: the FILE nodes of the lists */
	bool open;        /* some package is installed of which only the place is known */
	bool plain_base;  /* the base image brings Python or nothing, but no packages */
} Needs;

void needs_read(const Graph *graph, Node dockerfile, Needs *ret_needs);
void needs_clear(Needs *needs);

/* True if the image has, or may have, the module by its packages; top is the first part of its name. */
bool needs_give(const Needs *needs, Slice top);

/* True if a package of the list is called like the module or is known to give it. */
bool needs_name(const Needs *needs, Slice top);

/* Folder that the Dockerfile is built in; said is false where nothing says so. */
const char *build_context(const Graph *graph, Node dockerfile, bool *ret_said);

/* The outermost image of the last stage, as written; empty where there is none. */
Slice base_image(const Graph *graph, Node dockerfile);

/* The last CMD or ENTRYPOINT of a Dockerfile, or its own begin. */
Span start_span(const Graph *graph, Node dockerfile);
