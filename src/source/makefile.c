/* Recipes of Makefiles and justfiles: lines that begin with a tab, or with spaces in a justfile, are commands. */
#include "source/words.h"

static bool matches(const SourceFile *file)
{
	return slice_is(file->name, "Makefile") || slice_is(file->name, "makefile") || slice_ends(file->name, ".mk") ||
	       slice_is_nocase(file->name, "justfile") || slice_is(file->name, ".justfile");
}

static void read_makefile(const SourceFile *file)
{
	Slice rest = file->bytes, line;
	graph_add(file->builder, file->node, FACT_FORMAT, SLICE("makefile"), 0, 0);
	while (slice_next_line(&rest, &line)) {
		if (line.length == 0 || (line.at[0] != '\t' && line.at[0] != ' '))
			continue;
		Slice command = slice_trim(line);
		while (command.length && strchr("@-+", command.at[0]))
			command = slice_sub(command, 1, command.length);
		read_commands(file, file->node, command, (Slice){"", 0});
	}
}

const Source source_makefile = {"makefile", matches, read_makefile};
