/* Shell scripts: their commands. */
#include "source/words.h"

static bool has_shebang(const SourceFile *file)
{
	Slice rest = file->bytes, line;
	return slice_starts(file->bytes, "#!") && slice_next_line(&rest, &line) &&
	       (slice_ends(line, "sh") || slice_find(line, "sh ", 0) != SIZE_MAX);
}

static bool matches(const SourceFile *file)
{
	return slice_ends(file->name, ".sh") || slice_ends(file->name, ".bash") || slice_is(file->name, ".envrc") ||
	       has_shebang(file);
}

static void read_shell(const SourceFile *file)
{
	graph_add(file->builder, file->node, FACT_FORMAT, SLICE("shell"), 0, 0);
	read_commands(file, file->node, file->bytes, (Slice){"", 0});
}

const Source source_shell = {"shell", matches, read_shell};
