/* What changed between two states of a repository, as plain values, and the page that tells it. flow/summary.c fills
 * it.
 */
#pragma once

#include "report/catalogue.h"
#include "report/page.h"
#include "rule/rule.h"

/* A commit on the way. Texts are of the summary's arena. */
typedef struct SummaryCommit {
	const char *id, *date, *subject, *body; /* ten digits; YYYY-MM-DD */
	const char *phase;                      /* "" where the commit says none */
	const char *parent;                     /* the first, ten digits; "" for none */
	bool merges;                            /* it has more parents */
	bool on_line;                           /* not only of a branch that was merged; one with a phase always is */
} SummaryCommit;

/* Findings of one state, silenced ones left out. */
typedef struct SummaryState {
	const Graph *graph;
	Finding *const *findings;
	size_t count;
	const char *command; /* that prints the same findings */
	const char *commit;  /* forty digits */
	uint32_t staged;     /* files that are staged on top of the commit */
	uint32_t files;
	uint64_t bytes;
	int64_t microseconds; /* of reading and checking it */
} SummaryState;

/* Findings of one commit on the way, for the picture. */
typedef struct SummaryPoint {
	const char *id, *date, *subject; /* date: "" for what is only staged */
	uint32_t errors, warnings;
} SummaryPoint;

/* A week of the history, or a month of a long one; start: YYYY-MM-DD. */
typedef struct SummaryPeriod {
	const char *start;
	uint32_t commits;
	uint32_t errors, warnings; /* at its end */
	uint32_t brought, gone;    /* findings, against the end of the one before */
} SummaryPeriod;

/* A commit of the history that changed what is found, or the last of some of which one did. */
typedef struct SummaryStep {
	const SummaryCommit *commit;
	uint32_t commits; /* 1: it is known which one */
	uint32_t errors_before, errors, warnings_before, warnings;
	uint32_t brought, gone;
	const char *brought_rules, *gone_rules; /* "3 tag-floating, 1 port-drift" */
} SummaryStep;

/* What a node carries of one resource, in percent of what it has; -1: not measured. */
typedef struct SummaryUse {
	const char *node, *resource, *capacity;
	const char *stated; /* the text that says the capacity; NULL where it is known better */
	int before;         /* as it was said to run */
	int after;          /* once the state after is applied */
	int planned;        /* once the rest of the plan is, too */
} SummaryUse;

typedef struct Summary {
	const char *root, *date;
	SummaryState before, after;
	GHashTable *moved; /* old path → new path */
	GArray *commits;   /* SummaryCommit, the oldest first */
	GArray *points;    /* SummaryPoint of the way between, the oldest first; none where it is too long */
	GArray *line;      /* SummaryCommit of the first parents, from the first commit on */
	GArray *periods;   /* SummaryPeriod, the oldest first */
	GArray *steps;     /* SummaryStep, the oldest first */
	bool months;       /* periods are months */
	uint32_t checked;  /* commits of the line that were read for them */
	GArray *uses;      /* SummaryUse by node and resource; empty where no node has a capacity */
	const char *plan;  /* what labwright place says of the state after, or NULL */
	bool usage;        /* a cluster said what it carries */
	bool single;       /* one state alone: nothing is compared */
	uint32_t unplaced; /* pods that no node may take or has room for, of the state after */
	Arena *arena;
} Summary;

Page *summary_page(const Summary *summary);
/* The same figures for programs; see docs/report.schema.json. */
void summary_json(const Summary *summary, GString *out);

/* Errors and warnings over the commits, as one <svg>. */
void summary_chart(const GArray *points, GString *out);
/* The same by weeks, and below it what each brought and removed. */
void summary_weeks(const GArray *periods, bool months, GString *out);
/* Bars of each node and resource, as one <svg>. */
void summary_bars(const GArray *uses, GString *out);

/* Findings that one state has and the other has not, however their files moved and their lines shifted; see compare.c.
 * moved: old path → new path. Lists of Finding in the order of path and place; free with g_ptr_array_unref. */
typedef struct SummaryChange {
	GPtrArray *gone, *fresh;
	GHashTable *pairs; /* Finding of the state after → the same of the state before */
} SummaryChange;

/* A finding without its graph: what pairs it with one of another state. */
#define SUMMARY_ROUNDS 5
typedef struct SummaryTrace {
	const Rule *rule;
	uint64_t keys[SUMMARY_ROUNDS];
} SummaryTrace;

/* One for each finding of the state; free with g_array_unref. moved: old path → new path, or NULL. */
GArray *summary_traces(const SummaryState *state, GHashTable *moved);
/* Which of them have a partner among the others; the lists are as long as the arrays, and false at first. loosely: a
 * file may have moved without anybody saying so. */
void summary_pair(const GArray *before, const GArray *after, bool loosely, bool *paired_before, bool *paired_after);

SummaryChange summary_compare(const SummaryState *before, const SummaryState *after, GHashTable *moved);
void summary_change_clear(SummaryChange *change);

/* Private and overlay addresses that are written somewhere, in the order of their numbers. */
typedef struct SummaryAddress {
	const char *address, *host;    /* host: "" where nothing in the repository says whose it is */
	uint32_t before, before_files; /* mentions, and files that they are in */
	uint32_t after, after_files;
} SummaryAddress;

/* An array of SummaryAddress; free with g_array_unref. */
GArray *summary_addresses(const Summary *summary);

/* ---- for the page --------------------------------------------------------------------------------------------- */

void summary_add_phase_table(Page *page, const Summary *summary);
void summary_add_phases(Page *page, const Summary *summary);
void summary_add_history(Page *page, const Summary *summary);
void summary_add_left(Page *page, const Summary *summary);
void summary_add_services(Page *page, const SummaryState *state);
