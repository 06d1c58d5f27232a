/* References of which src/link says that nothing, or nothing of that namespace, answers to them. */
#pragma once

#include "rule/rule.h"

bool reference_wants(const Graph *graph, Node reference, const char *kind);
/* It is missing; or excused by a chart or an operator that could make it, while an object that was probably meant lies
 * unused beside it, or it is of a kind that charts seldom make (gateways, stores, issuers, classes). */
bool reference_is_missing(const Graph *graph, Node reference);
bool reference_is_elsewhere(const Graph *graph, Node reference); /* another namespace has it */
bool reference_is_excused(const Graph *graph, Node reference);   /* a chart or an operator could make it */

/* The one object of the wanted kind that was probably meant, mostly by its name; or NODE_NONE. */
Node missing_near(const Graph *graph, Node reference);
/* The same among what scripts and documents make, and among what other objects make: its row, or NULL. */
const Row *missing_near_made(const Graph *graph, Node reference);
const Row *missing_near_provided(const Graph *graph, Node reference);
/* The cluster has what no file makes. */
bool missing_is_only_there(const Graph *graph, Node reference);

/* One finding for each missing thing that take accepts, at its level, the later mentions as evidence, with the mend
 * where one was meant. unless is the hint where nothing better is known, or NULL. */
void report_missing(Checker *checker, bool (*take)(const Graph *graph, Node reference),
        Level (*level)(const Graph *graph, Node reference), const char *unless);
