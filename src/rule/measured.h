/* Requests and limits from what was measured, for rules that look at either. */
#pragma once

#include "rule/rule.h"

/* What a container was measured to use of a resource; scale as of quantity_parse: 1000 for cpu, 1 for memory. */
typedef struct Measure {
	int64_t peak, usual;  /* usual: no more than one sample in a hundred is above it */
	const char *evidence; /* "672 samples of 2 pods in 7 days" */
	bool long_enough;     /* for saying that something is never used */
} Measure;

/* False where nothing was measured. */
bool measure_of(const Graph *graph, Node container, const char *resource, Measure *ret_measure);

/* Requests of cpu and memory, and of a long measurement a memory limit, for a container that says none of memory.
 * False (and no edit) where nothing was measured, or the container is written in a way that takes no such lines. */
bool mend_requests(Checker *checker, Finding *finding, Node container);
