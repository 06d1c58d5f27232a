/* Findings as text for people and machines. One renderer a file, but for what is made of JSON. */
#pragma once

#include "rule/rule.h"

typedef struct ReportInput {
	const Graph *graph;
	Finding *const *findings; /* in the order of path and place; silenced ones included */
	size_t count;
	Level level;          /* findings below are only counted */
	bool all;             /* every finding and every place, however many */
	bool colour;          /* with escape sequences of a terminal */
	bool unicode;         /* ornaments may be other than ASCII */
	int64_t microseconds; /* of the whole work; 0 is not said, so that equal input gives equal output */
	const char *root;     /* of the repository, for people */
	const char *again;    /* the command that brought this, to build other commands of; shell-quoted */
	GHashTable *proven;   /* Finding whose edits are proven, all of them together; or NULL */
} ReportInput;

typedef struct Renderer {
	const char *name; /* as --format takes it */
	const char *summary;
	Level level; /* ReportInput.level where the user asks for none */
	void (*render)(const ReportInput *input, GString *out);
	bool fixes; /* shows edits, so they have to be proven */
} Renderer;

/* All renderers, NULL at the end; the first is the default. */
const Renderer *const *renderers(void);
const Renderer *renderer_find(const char *name);

/* Every rule with its prose, as a JSON array. */
void report_rules_json(GString *out);

/* Where the rule is explained on the web, if the program was built to know; NULL otherwise. Free with g_free. */
char *report_help_uri(const Rule *rule);

/* ---- edits --------------------------------------------------------------------------------------- */

/* A finding with what its edits change, why they are right, and its evidence. */
void report_append_mended(const ReportInput *input, const Finding *finding, GString *out);
/* A unified diff, in colour where the input says so. */
void report_append_diff(const ReportInput *input, const char *diff, GString *out);

/* ---- for renderers ----------------------------------------------------------------------------- */

/* What was read and found. Findings are counted whether they are shown or not; silenced ones only as such. */
typedef struct ReportCounts {
	uint32_t files, objects, workloads;
	uint32_t opaque; /* charts and remote resources whose objects nobody knows */
	uint32_t levels[LEVEL_ERROR + 1];
	uint32_t suppressed;
} ReportCounts;

ReportCounts report_count(const ReportInput *input);

/* True for a finding that is neither silenced nor below the level asked for. */
bool report_shows(const ReportInput *input, const Finding *finding);

/* Text of a repository for a terminal: control characters, bytes that are not UTF-8 and characters that turn the
 * direction of text become escapes. Without unicode, dashes, dots and quotes become ASCII. */
void report_append(GString *out, const char *text, bool unicode);

/* "path:line:column", escaped. */
void report_append_place(const ReportInput *input, Span span, GString *out);
