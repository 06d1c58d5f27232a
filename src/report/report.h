/* Findings as text for people and machines. One renderer a file. */
#pragma once

#include "rule/rule.h"

typedef struct ReportInput {
	const Graph *graph;
	Finding *const *findings; /* in the order of path and place; suppressed ones included */
	size_t count;
	uint64_t bytes;       /* read */
	int64_t microseconds; /* of the whole work */
	bool colour;
	uint32_t most_per_rule; /* findings shown of one rule; 0 shows all */
} ReportInput;

typedef struct Renderer {
	const char *name; /* as --format takes it */
	const char *summary;
	void (*render)(const ReportInput *input, GString *out);
} Renderer;

/* All renderers, NULL at the end. */
const Renderer *const *renderers(void);
