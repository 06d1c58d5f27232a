/* Which data the backup jobs of a cluster leave out. */
#pragma once

#include "rule/rule.h"

/* mounts: MOUNT nodes of data that is worth a copy. True if jobs of the repository are the only thing that makes
 * copies, and so what they copy can be told: then what none of them copies is reported. False where nobody can say. */
bool report_uncopied(Checker *checker, const GArray *mounts);

/* The backup job that copies what a container keeps in a mount: its name, or "" where nothing in the repository tells.
 */
const char *copied_by(const Graph *graph, Node mount);

/* An object that lies there and does nothing: a volume, a Secret, a Service. */
bool is_at_rest(const Graph *graph, Node object);

/* The word of a backup program at that place is one that makes copies: not in a comment, of a server that only keeps
 * them, of a Secret, or of one of the jobs (GArray of Node; NULL for none). For search_word. */
bool makes_copies(const Graph *graph, Span word, void *jobs);
