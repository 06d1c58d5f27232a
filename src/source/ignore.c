/* Ignore files of Git and Docker: one PATTERN a line. What a pattern matches is decided by base/ignore. */
#include "source/source.h"

static bool is_docker(Slice name)
{
	return slice_ends(name, ".dockerignore") || slice_ends(name, ".containerignore");
}

static bool matches(const SourceFile *file)
{
	return slice_is(file->name, ".gitignore") || is_docker(file->name);
}

/* Git keeps blanks in front and one behind a backslash; Docker takes them off at both ends. */
static Slice pattern_of(Slice line, bool docker)
{
	if (docker)
		return slice_trim(line);
	size_t end = line.length;
	while (end > 0 && (line.at[end - 1] == ' ' || line.at[end - 1] == '\r'))
		end--;
	if (end > 0 && end < line.length && line.at[end - 1] == '\\' && line.at[end] == ' ')
		end++;
	return slice_sub(line, 0, end);
}

static void read_line(const SourceFile *file, Slice line, bool docker)
{
	Slice pattern = pattern_of(line, docker);
	if (pattern.length == 0 || line.at[0] == '#' || (docker && pattern.at[0] == '#'))
		return;
	size_t start = (size_t)(pattern.at - file->bytes.at), end = start + pattern.length;
	Node node = graph_add_node(file->builder, NODE_PATTERN, file->node, pattern, start, end);
	if (pattern.at[0] == '!')
		graph_add_flag(file->builder, node, FACT_NEGATED, start, start + 1);
}

static void read_ignore(const SourceFile *file)
{
	bool docker = is_docker(file->name);
	graph_add(file->builder, file->node, FACT_FORMAT, docker ? SLICE("dockerignore") : SLICE("gitignore"), 0, 0);
	Slice rest = file->bytes, line;
	if (slice_starts(rest, "\xef\xbb\xbf"))
		rest = slice_sub(rest, 3, rest.length);
	while (slice_next_line(&rest, &line))
		read_line(file, line, docker);
}

const Source source_ignore = {"ignore", matches, read_ignore};
