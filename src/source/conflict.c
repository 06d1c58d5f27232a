/* Marks that Git leaves in a file where two branches changed the same lines, and that somebody committed. All three
 * stand at the beginning of a line, in this order; a line of equals signs alone is also a heading. */
#include "source/source.h"

#define FIRST "<<<<<<< "
#define SECOND "======="
#define LAST ">>>>>>> "

static bool matches(const SourceFile *file)
{
	return slice_find(file->bytes, FIRST, 0) != SIZE_MAX;
}

/* The place after `from` where a line begins with the mark, or SIZE_MAX. */
static size_t find_mark(Slice text, const char *mark, size_t from)
{
	for (size_t at = from; (at = slice_find(text, mark, at)) != SIZE_MAX; at++)
		if (at == 0 || text.at[at - 1] == '\n')
			return at;
	return SIZE_MAX;
}

static void read_conflicts(const SourceFile *file)
{
	size_t start = 0, middle, end = 0;
	while ((start = find_mark(file->bytes, FIRST, end)) != SIZE_MAX) {
		middle = find_mark(file->bytes, SECOND, start);
		end = middle == SIZE_MAX ? SIZE_MAX : find_mark(file->bytes, LAST, middle);
		if (end == SIZE_MAX)
			return;
		graph_add_flag(file->builder, file->node, FACT_CONFLICT, start, start + strlen(SECOND));
		graph_add_flag(file->builder, file->node, FACT_CONFLICT_OTHER, middle, middle + strlen(SECOND));
	}
}

const Source source_conflict = {"conflict", matches, read_conflicts};
