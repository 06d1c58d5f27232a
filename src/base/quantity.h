/* Amounts as Kubernetes writes them: 500m, 1.5, 8Gi, 1e3, 128974848. */
#pragma once

#include "base/slice.h"

/* The amount in units of 1/scale, rounded up as the API server does: 500m at scale 1000 is 500. False for what is no
 * quantity, is negative, or needs more than 60 bits. */
bool quantity_parse(Slice text, int64_t scale, int64_t *ret_amount);

typedef enum QuantitySign { QUANTITY_NONE, QUANTITY_NEGATIVE, QUANTITY_GOOD } QuantitySign;

/* 1536Mi, 2500m: an amount in units of 1/scale (1 or 1000), in the largest unit that divides it. Free with g_free. */
char *quantity_format(int64_t amount, int64_t scale);

/* What the text is to the API server, however large: no quantity at all, one below 0, or one that may be asked for. */
QuantitySign quantity_sign(Slice text);
