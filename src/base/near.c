/* Decides which name was meant. A wrong suggestion costs more than none, so ties are refused; only a name that differs
 * in case or separators alone beats its rivals, because nothing else was mistyped there. */
#include "base/near.h"

#include <glib.h>

/* Cell d of a row stands for column row + d - limit: only the diagonals that can stay within the limit are kept. */
typedef unsigned Band[2 * NEAR_LIMIT_MAX + 3];

static unsigned cell(const unsigned *band, size_t at, unsigned limit)
{
	return at <= 2 * (size_t)limit ? band[at] : limit + 1;
}

/* The steps to row, column from the two rows above and the cell before it. */
static unsigned step(Slice a, Slice b, size_t row, size_t column, const unsigned *above, const unsigned *above2,
        unsigned left, size_t at, unsigned limit)
{
	bool same = a.at[row - 1] == b.at[column - 1];
	unsigned steps = cell(above, at, limit) + (same ? 0 : 1);
	steps = MIN(steps, cell(above, at + 1, limit) + 1);
	steps = MIN(steps, left + 1);
	if (row > 1 && column > 1 && a.at[row - 1] == b.at[column - 2] && a.at[row - 2] == b.at[column - 1])
		steps = MIN(steps, cell(above2, at, limit) + 1);
	return MIN(steps, limit + 1);
}

unsigned near_distance(Slice a, Slice b, unsigned limit)
{
	limit = MIN(limit, NEAR_LIMIT_MAX);
	if ((a.length > b.length ? a.length - b.length : b.length - a.length) > limit)
		return limit + 1;
	Band bands[3];
	for (size_t row = 0; row <= a.length; row++) {
		unsigned *band = bands[row % 3], lowest = limit + 1;
		const unsigned *above = bands[(row + 2) % 3], *above2 = bands[(row + 1) % 3];
		for (size_t at = 0; at <= 2 * (size_t)limit; at++) {
			band[at] = limit + 1;
			if (row + at < limit || row + at - limit > b.length)
				continue;
			size_t column = row + at - limit;
			if (row == 0 || column == 0)
				band[at] = (unsigned)MIN(row + column, limit + 1);
			else
				band[at] = step(
				        a, b, row, column, above, above2, at ? band[at - 1] : limit + 1, at, limit);
			lowest = MIN(lowest, band[at]);
		}
		/* A swap reaches two rows back, but never lowers what both rows had passed: one row beyond is beyond.
		 */
		if (lowest > limit)
			return limit + 1;
	}
	return cell(bands[a.length % 3], b.length + limit - a.length, limit);
}

static char folded(char c)
{
	return c == '_' ? '-' : g_ascii_tolower(c);
}

bool near_same_word(Slice a, Slice b)
{
	if (a.length != b.length)
		return false;
	for (size_t i = 0; i < a.length; i++)
		if (folded(a.at[i]) != folded(b.at[i]))
			return false;
	return true;
}

unsigned near_limit(Slice wanted)
{
	return wanted.length < 3 ? 0 : wanted.length < 5 ? 1 : wanted.length < 9 ? 2 : 3;
}

/* Six bits for each digit. */
uint64_t near_digits(Slice text)
{
	uint64_t digits = 0;
	for (size_t i = 0; i < text.length; i++)
		if (g_ascii_isdigit(text.at[i]))
			digits += UINT64_C(1) << (text.at[i] - '0') * 6;
	return digits;
}

NearSearch near_search(Slice wanted, unsigned limit)
{
	limit = MIN(limit, NEAR_LIMIT_MAX);
	return (NearSearch){.wanted = wanted,
	        .digits = near_digits(wanted),
	        .limit = limit,
	        .distance = limit + 1,
	        .best_index = SIZE_MAX};
}

static uint32_t words_in(Slice text)
{
	uint32_t words = 1;
	for (size_t i = 0; i < text.length; i++)
		words += strchr("-_./", text.at[i]) != NULL;
	return words;
}

/* web-2 for web-1, and db for db-cache, are other things and no slips. Digits are compared first: most candidates are
 * told apart so, for less than a distance costs. */
static bool is_other(const NearSearch *search, Slice candidate, unsigned *ret_distance)
{
	if (search->digits != near_digits(candidate))
		return true;
	unsigned distance = *ret_distance = near_distance(search->wanted, candidate, search->limit);
	return distance > search->limit || (distance > 1 && words_in(search->wanted) != words_in(candidate));
}

void near_offer(NearSearch *search, Slice candidate)
{
	size_t index = search->offered++;
	if (search->best_index != SIZE_MAX && slice_equal(candidate, search->best))
		return;
	bool same_word = near_same_word(search->wanted, candidate);
	if (search->same_word && !same_word)
		return;
	unsigned distance;
	if (same_word)
		distance = near_distance(search->wanted, candidate, search->limit);
	else if (is_other(search, candidate, &distance))
		return;
	if (same_word == search->same_word && distance >= search->distance && search->best_index != SIZE_MAX) {
		search->tied = search->tied || distance == search->distance;
		return;
	}
	search->same_word = same_word;
	search->distance = distance;
	search->best = candidate;
	search->best_index = index;
	search->tied = false;
}

size_t near_result(const NearSearch *search)
{
	return search->tied ? SIZE_MAX : search->best_index;
}

size_t near_find(Slice wanted, const Slice *candidates, size_t count, unsigned limit)
{
	NearSearch search = near_search(wanted, limit);
	for (size_t i = 0; i < count; i++)
		near_offer(&search, candidates[i]);
	return near_result(&search);
}

static bool next_part(Slice *rest, Slice *ret_part)
{
	size_t start = 0, end;
	while (start < rest->length && strchr("-_./", rest->at[start]))
		start++;
	for (end = start; end < rest->length && !strchr("-_./", rest->at[end]);)
		end++;
	*ret_part = slice_sub(*rest, start, end);
	*rest = slice_sub(*rest, end, rest->length);
	return ret_part->length > 0;
}

bool near_share_word(Slice a, Slice b)
{
	Slice one, other;
	while (next_part(&a, &one))
		for (Slice rest = b; one.length >= 3 && next_part(&rest, &other);)
			if (slice_equal(one, other))
				return true;
	return false;
}
