/* Amounts as Kubernetes writes them: 500m, 1.5, 8Gi, 1e3, 128974848. */
#pragma once

#include "base/slice.h"

/* The amount in units of 1/scale, rounded up as the API server does: 500m at scale 1000 is 500. False for what is no
 * quantity, is negative, or needs more than 60 bits. */
bool quantity_parse(Slice text, int64_t scale, int64_t *ret_amount);
