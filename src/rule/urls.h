/* URLs of files that lead back into this repository. */
#pragma once

#include "fact/fact.h"

/* The path at the end of a URL, as bytes of its file. */
typedef struct OwnUrl {
	Span span;
	Slice path;
	bool found; /* it is here */
} OwnUrl;

/* All that lead into this repository, on the branch that most of them name; none where it is not clear which repository
 * this one is. Free with g_array_unref. */
GArray *own_urls(const Graph *graph);
