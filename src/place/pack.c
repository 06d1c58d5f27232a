/* What one host would best hold: a choice of pods that fit into it in all resources and are worth the most, by
 * depth-first branch and bound. Its bound is the fractional one of a single resource that is made of all (a surrogate:
 * each resource weighed, the weights chosen so that the bound is low). A search that takes too long ends with what it
 * could not rule out, so that the worth it gives is never too small, which is all that a bound needs. */
#include "place/pack.h"

#include <glib.h>
#include <stdlib.h>

#define WHOLE 256 /* what the weights of the resources sum to */
#define MOST_TRIES 4000u

static int64_t surrogate(const Pack *pack, const int32_t *amounts)
{
	int64_t sum = 0;
	for (uint32_t r = 0; r < pack->n_tight; r++)
		sum += (int64_t)pack->weight[r] * amounts[r];
	return sum;
}

static bool fits(const Pack *pack, const PackItem *item, const int32_t *rest)
{
	for (uint32_t r = 0; r < pack->n_tight; r++)
		if (item->sizes[r] > rest[r])
			return false;
	return true;
}

/* Items from i on, the last one in part; what does not fit alone is left out. */
static int64_t fill_in_part(const Pack *pack, uint32_t i, int64_t room, const int32_t *rest)
{
	int64_t sum = 0;
	for (; i < pack->n; i++) {
		const PackItem *item = &pack->items[i];
		if (!fits(pack, item, rest))
			continue;
		if (item->size > room)
			return sum + item->profit * room / item->size;
		room -= item->size;
		sum += item->profit;
	}
	return sum;
}

static int compare_worth(const void *a, const void *b)
{
	const PackItem *left = a, *right = b;
	int64_t one = left->profit * right->size, two = right->profit * left->size;
	if (one != two)
		return one > two ? -1 : 1;
	if (left->size != right->size)
		return left->size > right->size ? -1 : 1;
	return left->group < right->group ? -1 : left->group > right->group;
}

/* In the order of their worth by the weights, and the bound of the whole. */
static int64_t order_items(Pack *pack)
{
	for (uint32_t i = 0; i < pack->n; i++)
		pack->items[i].size = surrogate(pack, pack->items[i].sizes);
	if (pack->n > 1)
		qsort(pack->items, pack->n, sizeof *pack->items, compare_worth);
	return fill_in_part(pack, 0, surrogate(pack, pack->room), pack->room);
}

/* Weight goes from one resource to another as long as that lowers the bound. */
static int64_t choose_weights(Pack *pack)
{
	int64_t least = order_items(pack);
	for (int32_t part = WHOLE / 8; part >= WHOLE / 32; part /= 2)
		for (uint32_t from = 0; from < pack->n_tight; from++)
			for (uint32_t to = 0; to < pack->n_tight; to++) {
				if (from == to || pack->weight[from] < part)
					continue;
				pack->weight[from] -= part;
				pack->weight[to] += part;
				int64_t bound = order_items(pack);
				if (bound >= least) {
					pack->weight[from] += part;
					pack->weight[to] -= part;
				}
				least = MIN(least, bound);
			}
	order_items(pack);
	return least;
}

static bool are_alike(const Pack *pack, uint32_t a, uint32_t b)
{
	const PackItem *one = &pack->items[a], *two = &pack->items[b];
	return one->group == two->group && one->profit == two->profit;
}

/* As deep as there are items, which pack_init bounds. */
static void choose_from(Pack *pack, uint32_t i, int64_t profit, int64_t room, const int32_t *rest)
{
	if (profit > pack->best) {
		pack->best = profit;
		memcpy(pack->chosen, pack->taken, sizeof(bool) * pack->n);
	}
	int64_t bound = profit + fill_in_part(pack, i, room, rest);
	if (bound <= pack->best + pack->tolerance || pack->best >= pack->enough)
		return;
	if (++pack->tries > MOST_TRIES) {
		pack->open = MAX(pack->open, bound);
		return;
	}
	while (i < pack->n && !fits(pack, &pack->items[i], rest))
		i++;
	if (i == pack->n)
		return;
	int32_t less[RESOURCES];
	for (uint32_t r = 0; r < pack->n_tight; r++)
		less[r] = rest[r] - pack->items[i].sizes[r];
	pack->taken[i] = true;
	choose_from(pack, i + 1, profit + pack->items[i].profit, room - pack->items[i].size, less);
	pack->taken[i] = false;
	uint32_t next = i + 1;
	while (next < pack->n && are_alike(pack, i, next))
		next++;
	choose_from(pack, next, profit, room, rest);
}

int64_t pack_solve(Pack *pack, int64_t tolerance, int64_t enough)
{
	int64_t whole = choose_weights(pack);
	pack->best = pack->open = 0;
	pack->tries = 0;
	pack->tolerance = tolerance;
	pack->enough = enough;
	memset(pack->taken, 0, sizeof(bool) * pack->n);
	memset(pack->chosen, 0, sizeof(bool) * pack->n);
	choose_from(pack, 0, 0, surrogate(pack, pack->room), pack->room);
	return MIN(MAX(pack->best + tolerance, pack->open), whole);
}

void pack_init(Pack *pack, uint32_t most, uint32_t n_tight)
{
	*pack = (Pack){.n_tight = n_tight,
	        .items = g_new(PackItem, MAX(most, 1)),
	        .taken = g_new(bool, MAX(most, 1)),
	        .chosen = g_new(bool, MAX(most, 1))};
	for (uint32_t r = 0; r < n_tight; r++)
		pack->weight[r] = WHOLE / (int32_t)n_tight;
}

void pack_clear(Pack *pack)
{
	g_free(pack->items);
	g_free(pack->taken);
	g_free(pack->chosen);
}
