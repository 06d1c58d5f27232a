/* Where the stages meet: list, read, seal, link, check. */
#pragma once

#include "base/repo.h"
#include "fact/fact.h"
#include "rule/rule.h"

/* How far a scan is, for who looks on from another thread with g_atomic_int_get. */
typedef struct ScanProgress {
	gint read, total; /* files; total is 0 until they are listed */
} ScanProgress;

typedef struct ScanOptions {
	const char *path; /* a file or folder of the repository; NULL is the current folder */
	RepoView view;
	const char *revision;   /* for REPO_REVISION */
	uint32_t threads;       /* 0: as many as there are processors, 8 at most */
	ScanProgress *progress; /* NULL: nobody looks on */
} ScanOptions;

/* Wall time of each step in microseconds. */
typedef struct Timing {
	int64_t list, read, seal, link, check;
} Timing;

typedef struct Scan {
	Repo *repo;
	Graph *graph;
	GPtrArray *arenas; /* what the graph's bytes live in */
	Timing timing;
	uint64_t bytes; /* read */
	size_t held;    /* memory of the arenas */
} Scan;

/* Reads a repository into a sealed and linked graph. */
Scan *scan_new(const ScanOptions *options, GError **error);
void scan_free(Scan *scan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Scan, scan_free)

typedef struct CheckOptions {
	const char *const *only;  /* rule ids, NULL-terminated; NULL for all that are not turned off */
	const char *const *paths; /* only findings at or below these, NULL-terminated; NULL for all */
} CheckOptions;

typedef struct RuleTime {
	const Rule *rule;
	int64_t microseconds;
} RuleTime;

/* The findings of a scan, silenced ones included; they live as long as the result, and that no longer than the scan. */
typedef struct Check {
	Checker *checker;
	Finding **findings; /* in the order of path and place */
	size_t count;
	GArray *times; /* RuleTime of each rule that ran */
	char *today;
} Check;

Check *check_new(Scan *scan, const CheckOptions *options, GError **error);
void check_free(Check *check);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Check, check_free)
