/* Where the variables come from that compose replaces.
 *
 * All compose files of a folder are one project. What it may take its variables from is every .env file and example in
 * the same folder, above it or below it, and what scripts and CI jobs set. */
#pragma once

#include "rule/rule.h"

typedef struct EnvProject {
	Slice folder;
	Node compose;        /* the first file */
	GPtrArray *uses;     /* of EnvUse, in the order of first use */
	GHashTable *by_name; /* Symbol → EnvUse */
	Node env_file;       /* FILE of the .env or example that sets most of them; 0 if none sets half */
	Node shared;         /* else FILE of the example that several projects share, this one among them */
	bool sealed;         /* variables come from a file that cannot be read */
} EnvProject;

typedef struct EnvUse {
	Symbol name;
	GArray *nodes;       /* VARIABLE nodes without a fallback */
	Node set_by;         /* ENV of a file that compose takes variables from */
	Node only_container; /* ENV of a file that only env_file names */
	bool offered;        /* a comment of such a file names it: it need not be set */
} EnvUse;

/* Where files that are neither compose nor .env files speak of a variable. */
typedef struct EnvSaid {
	Span assigned, mentioned;
	bool is_assigned, is_mentioned;
} EnvSaid;

typedef struct EnvSurvey {
	const Graph *graph;
	GPtrArray *projects;   /* of EnvProject, in the order of files */
	GHashTable *by_folder; /* text of the folder → EnvProject */
	GPtrArray *env_files;  /* FILE nodes */
	GHashTable *said;      /* Symbol → EnvSaid */
} EnvSurvey;

typedef enum Verdict {
	VERDICT_SET,
	VERDICT_UNDEFINED,      /* the file that has most of the others lacks it */
	VERDICT_ONLY_CONTAINER, /* env_file hands it to the container, which compose does not read */
	VERDICT_UNSAID,         /* nothing speaks of it, and no file is meant to */
	VERDICT_DRIFT,          /* the example that has most of the others lacks it, and something knows it */
	VERDICT_LACKED,         /* the example that several projects share lacks it */
} Verdict;

void survey_init(EnvSurvey *survey, const Graph *graph);
void survey_clear(EnvSurvey *survey);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(EnvSurvey, survey_clear)

Verdict survey_judge(const EnvSurvey *survey, const EnvProject *project, const EnvUse *use);

/* The example beside the .env that sets a variable, where it lacks that one; the use must have set_by. */
Node example_without(const EnvSurvey *survey, const EnvProject *project, const EnvUse *use);
bool is_env_example(const Graph *graph, Node file);
