/* Did you mean: the one known name that a mistyped one was meant to be, or none where that is a guess. */
#pragma once

#include "base/slice.h"

/* Limits above this are taken as this. */
#define NEAR_LIMIT_MAX 15u

/* How many single steps (a byte put in, left out, replaced, or two neighbours swapped, no byte touched twice) lead from
 * a to b; limit + 1 when it takes more than limit. Costs length × limit and no memory. */
unsigned near_distance(Slice a, Slice b, unsigned limit);

/* Equal but for the case of ASCII letters and for '-' and '_', which count as one. */
bool near_same_word(Slice a, Slice b);

/* A limit that lets a slip through but not another word: 0 for up to two bytes, then 1, 2 from five bytes on, 3 from
 * nine. */
unsigned near_limit(Slice wanted);

/* How often each digit stands in the text: a swap is a slip, another digit another thing. A search finds no candidate
 * of other digits, so that a long list can be parted by them. */
uint64_t near_digits(Slice text);

/* A search fed one candidate at a time, for lists that are not arrays of Slice; the slices are borrowed. */
typedef struct NearSearch {
	Slice wanted;
	unsigned limit;
	/* The rest belongs to near_offer. */
	uint64_t digits;
	unsigned distance;
	bool same_word, tied;
	Slice best;
	size_t best_index, offered;
} NearSearch;

NearSearch near_search(Slice wanted, unsigned limit);
void near_offer(NearSearch *search, Slice candidate);

/* Index in the order of offering, or SIZE_MAX. A candidate that is near_same_word wins whatever the limit; otherwise
 * the nearest one within the limit that has the same digits and, but for one step, as many words. Two candidates
 * equally near: none. */
size_t near_result(const NearSearch *search);

/* The same over an array. */
size_t near_find(Slice wanted, const Slice *candidates, size_t count, unsigned limit);

/* Some word of three bytes or more, of those that '-', '_', '.' and '/' part, stands in both names. */
bool near_share_word(Slice a, Slice b);
