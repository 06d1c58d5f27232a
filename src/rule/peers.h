/* Silences that were written for another checker of the same thing, where labwright.yaml honours them. */
#pragma once

#include "rule/rule.h"

/* The object whose annotation, or the file whose comment, tells a peer of the finding's rule to be silent here;
 * NODE_NONE where none does. */
Node peers_silence(const Graph *graph, const Finding *finding);
