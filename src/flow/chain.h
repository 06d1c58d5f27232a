/* A chain while it is made: what its links share. Inside of flow; only cause.c, chain.c and because.c include this. */
#pragma once

#include "flow/cause.h"
#include "flow/symptom.h"

typedef struct Chain {
	const Homelab *homelab;
	const Check *check;
	Engine *engine;
	Live *live;
	Json *record; /* of the runs before; may be NULL */
	Cause *cause;
	uint32_t depth;   /* containers that wait for each other */
	const char *said; /* the engine's words of a start that failed, or NULL */
} Chain;

/* ---- chain.c ------------------------------------------------------------------------------------------------ */

void add_step(Chain *chain, char *take_place, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* How it is mended; the last step is a cause then. The last call counts. */
void set_mend(Chain *chain, const char *format, ...) G_GNUC_PRINTF(2, 3);
char *place_of(const Chain *chain, Span span);
/* "1a2b3c4d5e 2026-09-01 Anna: subject" of the commit that brought a line; NULL where Git does not tell. */
char *commit_of(const Chain *chain, Span span);
/* The first finding of one of these rules that speaks of a word; words and rules in the order of their worth. */
const Finding *find_finding(const Chain *chain, const char *const *rules, const char *const *words);
/* Both sides of a finding as links, the commit of its place, and how it is mended. */
void add_finding(Chain *chain, const Finding *finding);
/* Both in one; false if there is none. */
bool add_found(Chain *chain, const char *const *rules, const char *const *words);
const Unit *unit_of(const Chain *chain, const LiveContainer *container);
/* Who answers to a host name asked from a namespace, as the resolver of its pods looks for it. */
const Unit *unit_for_host(const Chain *chain, const char *host, const char *namespace);
/* The name most like a host's that is answered to here, as one asks for it from a namespace; NULL where none is. Free
 * with g_free. */
char *nearest_host(const Chain *chain, const char *host, const char *namespace);
/* Of the hosts that a unit's variables name, the first without a dot that nobody here answers to; NULL if all are
 * answered for. Free both with g_free. */
char *unanswered_host(const Chain *chain, const Unit *unit, char **ret_variable);
/* The Service of that name in another namespace. */
const Unit *unit_elsewhere(const Chain *chain, const char *host, const char **ret_namespace);
const LiveContainer *container_at(const Chain *chain, const char *address);
/* The value of the first variable that holds a word, and the variable's name, to be freed. */
const char *variable_with(const Unit *unit, const char *word, char **ret_name);
const char *variable_named(const Unit *unit, const char *name);
/* The Service of that name in the manifests, and its place. */
const Json *service_called(const Chain *chain, const char *name, const char *namespace, Span *ret_place);

/* ---- because.c, cause.c ---------------------------------------------------------------------------------------- */

void explain_symptom(Chain *chain, const LiveContainer *container, const Symptom *symptom);
void explain_port(Chain *chain, const LiveContainer *other, guint port);
void explain_memory(Chain *chain, const LiveContainer *container);
void explain_image(Chain *chain, const char *image);
/* A Service that nobody answers for; false if it has pods. */
bool explain_selector(Chain *chain, const Json *service, Span place);
void explain_container(Chain *chain, const LiveContainer *container);
