/* Whether moves do what they say and nothing else. */
#pragma once

#include "flow/flow.h"

struct Organize {
	Scan *scan; /* borrowed */
	Check *check;
	Layout *layout;
	Arena *arena;
	GArray *edits;
	GArray *fresh;       /* FreshFile that the moves need */
	GHashTable *overlay; /* path → FileState */
	Scan *after;
	GArray *files;  /* OrganizedFile */
	GArray *hidden; /* HiddenFinding */
};

/* What is at a path afterwards, as a FileState. */
void organize_set(Organize *organize, const char *path, const char *from, const Slice *text);

/* The edits of one file of the scan before. */
const Edit *organize_edits(const Organize *organize, uint32_t file, size_t *ret_count);

/* True if the state after is as good as the one before; else the moves that are in the way are taken out of the layout.
 * Fills `hidden` with what its owner's own moves put out of sight. */
bool relocate_prove(Organize *organize);
