/* Which of some changes that are tried together, edits or moves, a finding is laid to. (Which commit of the past
 * brought it in is another question: flow/blame.c.) */
#pragma once

#include "rule/rule.h"

/* concerns: whether the change has to do with a file of the finding's graph. accuse is called for each change that
 * concerns one of the files that the finding speaks of, once a file; where none does, for every change, with NULL. */
typedef struct Suspects {
	guint changes;
	bool (*concerns)(guint change, uint32_t file, void *data);
	void (*accuse)(guint change, const uint32_t *file, void *data);
	void *data;
} Suspects;

void suspects_accuse(const Suspects *suspects, const Finding *finding);
