/* Recipes of Makefiles and justfiles: lines that begin with a tab, or with spaces in a justfile, are commands. Lines
 * that stand together are read together, since a command may go on over several. */
#include "source/words.h"

static bool is_justfile(const SourceFile *file)
{
	return slice_is_nocase(file->name, "justfile") || slice_is_nocase(file->name, ".justfile") ||
	       slice_ends(file->name, ".just");
}

static bool matches(const SourceFile *file)
{
	return slice_is(file->name, "Makefile") || slice_is(file->name, "makefile") ||
	       slice_is(file->name, "GNUmakefile") || slice_ends(file->name, ".mk") || is_justfile(file);
}

static bool is_recipe_line(Slice line)
{
	return line.length && (line.at[0] == '\t' || line.at[0] == ' ');
}

/* A recipe may be a program of another language. */
static bool is_shell_recipe(Slice recipe)
{
	Slice line;
	if (!slice_next_line(&recipe, &line))
		return false;
	line = slice_trim(line);
	return !slice_starts(line, "#!") || slice_ends(line, "sh") || slice_find(line, "sh ", 0) != SIZE_MAX;
}

static void read_recipe(const SourceFile *file, size_t start, size_t end)
{
	Slice recipe = slice_sub(file->bytes, start, end);
	if (is_shell_recipe(recipe))
		read_commands(file, file->node, recipe, (Slice){"", 0});
}

static void read_makefile(const SourceFile *file)
{
	Slice rest = file->bytes, line;
	size_t start = SIZE_MAX, at = 0;
	graph_add(file->builder, file->node, FACT_FORMAT, SLICE("makefile"), 0, 0);
	for (; slice_next_line(&rest, &line); at = file->bytes.length - rest.length) {
		bool recipe = is_recipe_line(line);
		if (!recipe && start != SIZE_MAX)
			read_recipe(file, start, at);
		if (!recipe)
			start = SIZE_MAX;
		else if (start == SIZE_MAX)
			start = at;
	}
	if (start != SIZE_MAX)
		read_recipe(file, start, file->bytes.length);
}

const Source source_makefile = {"makefile", matches, read_makefile};
