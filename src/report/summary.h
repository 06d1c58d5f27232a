/* What changed between two states of a repository, as plain values, and the page that tells it. flow/summary.c fills
 * it.
 */
#pragma once

#include "report/catalogue.h"
#include "report/page.h"
#include "rule/rule.h"

/* A commit between the two states. Texts are of the summary's arena. */
typedef struct SummaryCommit {
	const char *id, *subject, *body, *phase; /* ten digits; phase: "" where the commit says none */
} SummaryCommit;

/* Findings of one state, silenced ones left out. */
typedef struct SummaryState {
	const Graph *graph;
	Finding *const *findings;
	size_t count;
	const char *revision; /* as it was asked for */
	const char *commit;   /* forty digits, or "" for files that are not committed */
	uint32_t files;
	uint64_t bytes;
	int64_t microseconds; /* of reading and checking it */
} SummaryState;

/* Findings of one commit on the way, for the picture. */
typedef struct SummaryPoint {
	const char *id, *subject;
	uint32_t errors, warnings;
} SummaryPoint;

/* The plan of placement in each state; texts and pictures are made by src/place. */
typedef struct SummaryPlace {
	const char *text, *svg;
} SummaryPlace;

typedef struct Summary {
	const char *root, *date;
	SummaryState before, after;
	GArray *commits; /* SummaryCommit, the oldest first */
	GArray *points;  /* SummaryPoint, the oldest first */
	SummaryPlace place;
	Arena *arena;
} Summary;

Page *summary_page(const Summary *summary);
/* The same figures for programs; see docs/report.schema.json. */
void summary_json(const Summary *summary, GString *out);

/* Errors and warnings over the commits, as one <svg>. */
void summary_chart(const GArray *points, GString *out);
