/* Pods of each group by host. A table of all groups and all hosts would be gigabytes for a large cluster, and nearly
 * all of it zeroes: a group has one pod or a few. So each group has a list of the hosts that it runs on, and is asked
 * for a host by looking through it. */
#include "place/place.h"

PlaceCounts *counts_new(uint32_t n_groups)
{
	PlaceCounts *counts = g_new0(PlaceCounts, 1);
	size_t groups = MAX(n_groups, 1);
	counts->n_groups = n_groups;
	counts->spots = g_new0(PlaceSpot *, groups);
	counts->n_spots = g_new0(uint32_t, groups);
	counts->most_spots = g_new0(uint32_t, groups);
	counts->nowhere = g_new0(uint32_t, groups);
	return counts;
}

void counts_free(PlaceCounts *counts)
{
	if (!counts)
		return;
	for (uint32_t g = 0; g < counts->n_groups; g++)
		g_free(counts->spots[g]);
	g_free(counts->spots);
	g_free(counts->n_spots);
	g_free(counts->most_spots);
	g_free(counts->nowhere);
	g_free(counts);
}

static void make_room(PlaceCounts *counts, uint32_t group, uint32_t spots)
{
	if (counts->most_spots[group] >= spots)
		return;
	counts->most_spots[group] = MAX(spots, counts->most_spots[group] * 2);
	counts->spots[group] = g_renew(PlaceSpot, counts->spots[group], counts->most_spots[group]);
}

void counts_set(PlaceCounts *counts, const PlaceCounts *from)
{
	for (uint32_t g = 0; g < counts->n_groups; g++) {
		uint32_t n = counts->n_spots[g] = from->n_spots[g];
		make_room(counts, g, n);
		if (n)
			memcpy(counts->spots[g], from->spots[g], sizeof(PlaceSpot) * n);
		counts->nowhere[g] = from->nowhere[g];
	}
}

uint32_t counts_of(const PlaceCounts *counts, uint32_t group, uint32_t host)
{
	const PlaceSpot *spots = counts->spots[group];
	for (uint32_t i = 0; i < counts->n_spots[group]; i++)
		if (spots[i].host == host)
			return spots[i].pods;
	return 0;
}

void counts_change(PlaceCounts *counts, uint32_t group, uint32_t host, int32_t by)
{
	PlaceSpot *spots = counts->spots[group];
	uint32_t *n = &counts->n_spots[group], i = 0;
	while (i < *n && spots[i].host != host)
		i++;
	if (i == *n) {
		make_room(counts, group, *n + 1);
		counts->spots[group][(*n)++] = (PlaceSpot){host, (uint32_t)by};
		return;
	}
	spots[i].pods += (uint32_t)by;
	if (spots[i].pods == 0)
		spots[i] = spots[--*n];
}
