/* Objects that something applied needs and that nothing brings in. */
#pragma once

#include "rule/rule.h"

typedef struct Needed {
	Checker *checker;
	GHashTable *files; /* FILE → Row: what is applied and leads to an object of the file, and to no other */
	GHashTable *apart; /* Symbols of kinds that are kept out of lists by habit */
	bool live;         /* Flux or Argo CD brings in what is applied */
} Needed;

void needed_read(Needed *needed, Checker *checker, bool live);
void needed_clear(Needed *needed);

/* The list brings things into the cluster of something that needs an object of the file. */
bool needed_by_list(const Needed *needed, Node file, Node list);
/* A finding for such a file, with the line for the list where that is sure. */
void report_needed(const Needed *needed, Node file, Node list);
