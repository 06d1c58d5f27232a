/* The structure document that organize writes. */
#pragma once

#include "flow/flow.h"

/* Writes it once something moves, and keeps it true from then on; leaves it as it is, and says so, where that cannot be
 * proven. */
void structure_add(Organize *organize);

/* Lets findings of structure-stale about a section of it propose the section as organize would write it. */
void structure_propose(const Scan *scan, const Check *check);
