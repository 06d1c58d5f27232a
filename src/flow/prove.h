/* Whether edits do what they say and nothing else. */
#pragma once

#include "flow/flow.h"

/* One set of findings whose edits are made together. */
typedef struct Proof {
	GArray *edits;       /* Edit of all of them, sorted, each once */
	GHashTable *overlay; /* path → FileState */
	Arena *arena;        /* of the texts */
	Scan *scan;          /* with the edits made */
	Check *check;
	GHashTable *suspects; /* Finding → why (text of the arena): what is wrong lies with these; empty if proven */
	GHashTable *certain;  /* of these, those that would be no better without the others */
} Proof;

/* Makes the edits of the findings in memory, with the files that come into Git by them as the repository's disk has
 * them, reads and checks again, and compares. The edits have no conflicts. */
Proof *proof_new(
        const Repo *repo, const Repo *checkout, const Scan *scan, const Check *check, const GPtrArray *findings);
void proof_free(Proof *proof);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Proof, proof_free)

/* A file that comes into Git from another checkout is written. */
bool fix_fetch(const Fix *fix, const Repo *repo, const char *path, GError **error);

/* Its edits of one file of the scan before. */
const Edit *proof_edits(const Proof *proof, uint32_t file, size_t *ret_count);
/* The first thing that a file of the old graph says otherwise without being asked to, in half a line; NULL for none. */
const char *proof_unannounced(Proof *proof, const Graph *old, uint32_t file);
