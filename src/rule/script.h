/* What the commands of one file do to the places that its other commands name: where they change to, what they make and
 * what they test. */
#pragma once

#include "fact/fact.h"

/* The first LINK of each file, found once for many files. */
typedef struct LinkIndex LinkIndex;
LinkIndex *link_index_new(const Graph *graph);
void link_index_free(LinkIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LinkIndex, link_index_free)

typedef struct Script {
	const Graph *graph;
	uint32_t file;
	GPtrArray *folders;    /* char *: folders of the repository that `cd` or a working directory names */
	GHashTable *made;      /* char *: paths from the root, and their last parts */
	GHashTable *folder_of; /* char * → const char *: PATH of a variable; "" where it is set twice */
	bool tests_variable; /* it asks of what a variable holds whether it is there: an item of a list may be absent */
	bool lost;           /* it goes, or unpacks, to where it cannot be followed */
} Script;

void script_read(const Graph *graph, const LinkIndex *index, uint32_t file, Script *ret_script);
void script_clear(Script *script);

/* A path as written in the file is there from some folder the file is in at some time, is made or tested by it, or lies
 * where nobody can say. */
bool script_knows(const Script *script, Slice path);

/* The path from the root that a word means which begins with a variable that holds a known folder; NULL for all others.
 * Free with g_free. */
char *script_expand(const Script *script, Slice word);

/* The file makes or tests that path of the repository, or one of its name. */
bool script_makes(const Script *script, Slice path);
