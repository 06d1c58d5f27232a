/* What the templates of a chart read of its values: every `.Values.a.b` in a file below a templates/ folder. A read of
 * `a.b` takes all that is below it; "*" is a read of the values as a whole, after which any key may be meant. */
#include "source/source.h"

#define MOST_READS 4000

static bool matches(const SourceFile *file)
{
	return slice_find(file->path, "/templates/", 0) != SIZE_MAX || slice_starts(file->path, "templates/");
}

static bool is_name(char c)
{
	return g_ascii_isalnum(c) || c == '_';
}

/* The end of the names in dots behind `.Values`, which ends at `at`. */
static size_t path_end(Slice bytes, size_t at)
{
	while (at + 1 < bytes.length && bytes.at[at] == '.' && is_name(bytes.at[at + 1])) {
		at++;
		while (at < bytes.length && is_name(bytes.at[at]))
			at++;
	}
	return at;
}

static void read_template(const SourceFile *file)
{
	Slice bytes = file->bytes;
	uint32_t count = 0;
	for (size_t at = 0; (at = slice_find(bytes, ".Values", at)) != SIZE_MAX;) {
		size_t start = at, names = at + strlen(".Values"), end = path_end(bytes, names);
		at = names;
		if (names < bytes.length && is_name(bytes.at[names]))
			continue;
		Slice path = end > names && ++count < MOST_READS ? slice_sub(bytes, names + 1, end) : SLICE("*");
		graph_add(file->builder, file->node, FACT_READS_VALUE, path, start, end);
		if (count >= MOST_READS)
			return;
	}
}

const Source source_chart = {"chart", matches, read_template};
