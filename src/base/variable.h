/* ${NAME} and $NAME in a text, as the Compose Specification has them; and names as programs' owners write them. */
#pragma once

#include "base/slice.h"

/* One use: "$NAME", "${NAME}", or "${NAME:-word}" with one of the operators - + ? and perhaps a colon before it. */
typedef struct Variable {
	Slice name;
	char op;           /* '-', '+', '?', or '\0' */
	bool colon;        /* an empty value counts as none */
	Slice word;        /* behind the operator; may hold variables itself; at is NULL where there is no operator */
	size_t start, end; /* of the whole use in the text */
	size_t inner;      /* where the word begins, or end */
} Variable;

/* The next use at or after *at. *at moves to `inner`, so that uses within a word come next; set it to `end` for those
 * beside each other. "$$" is a dollar sign and no use. False where there is none left. */
bool variable_next(Slice text, size_t *at, Variable *ret);

/* Capitals, digits and underscores, none of the digits first: what is written so is hardly another word. */
bool variable_is_name(Slice text);
