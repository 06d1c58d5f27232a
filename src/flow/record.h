/* What became of each container at the last `up`: how it ran when all was well, and why it failed. */
#pragma once

#include "flow/homelab.h"

/* {"good": {UNIT: {hash, image, commit, when, body}}, "failed": {UNIT: {hash, why, words, commit, when}}, "wanted":
 * {UNIT: {namespace, workload, pod, container, role, path}}}; words are the last lines that the container wrote, which
 * is gone meanwhile; path is the file that wants it. An empty map where nothing is known. Never NULL. */
Json *record_read(const char *project);
/* Adds a run. What was kept as it was stays as it was recorded. */
bool record_write(const Homelab *homelab, const Rollout *rollout, const ApplyResult *result, GError **error);
/* Adds what the last `up` of all wanted and of which there is no container, with why, in the place of words of a
 * cluster: its word is "missing". */
void record_complete(const Json *record, Live *live);
/* These are no longer wanted: they were taken down. only: as for `down`; NULL: all of them. */
void record_forget(const char *project, const char *const *only);
/* What is recorded of a unit as it is wanted now, or NULL. */
const Json *record_failure(const Json *record, const Unit *unit);
/* How it last ran well, if that was not as it is wanted now; or NULL. */
const Json *record_before(const Json *record, const Unit *unit);
/* In words, what differs between two bodies of a container: "image redis:7 → redis:8". At most `most`; free it with
 * g_ptr_array_unref. */
GPtrArray *record_differences(const Json *before, const Json *now, guint most);
