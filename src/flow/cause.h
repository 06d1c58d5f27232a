/* Why a container is not well: a chain from what is seen to the earliest thing that a file or commit can mend. */
#pragma once

#include "flow/homelab.h"

/* One link: what is so, where that is seen. Texts are the cause's own. */
typedef struct CauseStep {
	char *text;
	char *place; /* "path:line", "its output", "the engine"; or NULL */
} CauseStep;

typedef struct Cause {
	char *title;      /* "core/api ended with 1, 5 times" */
	GPtrArray *steps; /* CauseStep, the symptom first */
	char *mend;       /* a command or an act that mends it, or NULL */
	bool known;       /* the last step is a cause and no symptom */
} Cause;

/* A chain without links, and one more link; place may be NULL. */
Cause *cause_new_empty(char *take_title);
void cause_add(Cause *cause, char *take_place, char *take_text);

/* name as a user types it: "api", "core/api", a pod's or container's name. check holds the findings of the homelab's
 * scan. NULL with an error of usage where nothing is called so. The same state gives the same chain. */
Cause *cause_new(const Homelab *homelab, const Check *check, Engine *engine, const char *name, GError **error);
void cause_free(Cause *cause);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Cause, cause_free)
/* The first container that is not well, as a name for cause_new; NULL if all are. Free with g_free. */
char *cause_first(const Homelab *homelab, Engine *engine, GError **error);
