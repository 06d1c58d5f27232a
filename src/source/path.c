/* What the path alone says: which files are history, copies or samples, where a finding would be noise. */
#include "base/path.h"
#include "source/source.h"

/* Folder names, whole parts of a path. */
static const struct {
	const char *part, *class;
} folders[] = {
        {"archive", "archive"},
        {"archived", "archive"},
        {".archive", "archive"},
        {"_archive", "archive"},
        {"trash", "archive"},
        {".trash", "archive"},
        {"deprecated", "archive"},
        {"obsolete", "archive"},
        {"attic", "archive"},
        {"unused", "archive"},
        {"legacy", "archive"},
        {"graveyard", "archive"},
        {"disabled", "archive"},
        {"_disabled", "archive"},
        {"old", "archive"},
        {"changelog", "dated"},
        {"changelogs", "dated"},
        {"node_modules", "vendored"},
        {"_bmad", "vendored"},
        {".bmad", "vendored"},
        {".bmad-core", "vendored"},
        {".specify", "vendored"},
        {"vendor", "vendored"},
        {"third_party", "vendored"},
        {"site-packages", "vendored"},
        {".venv", "vendored"},
        {"venv", "vendored"},
        {"__pycache__", "generated"},
        {"examples", "example"},
        {"example", "example"},
        {"samples", "example"},
        {"testdata", "test"},
        {"fixtures", "test"},
        {"tests", "test"},
        {"test", "test"},
        {"__tests__", "test"},
};

/* old_versions, backup-old, archive-2023: a word for what is past begins or ends the name. */
static bool is_past(Slice part)
{
	static const char *const words[] = {
	        "old", "archive", "archived", "deprecated", "obsolete", "unused", "not-used", "not_used"};
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
		size_t length = strlen(words[i]);
		if (part.length <= length + 1)
			continue;
		char after = part.at[length], before = part.at[part.length - length - 1];
		Slice head = slice_sub(part, 0, length), tail = slice_sub(part, part.length - length, part.length);
		if ((slice_is_nocase(head, words[i]) && strchr("-_.", after)) ||
		        (slice_is_nocase(tail, words[i]) && strchr("-_.", before)))
			return true;
	}
	return false;
}

static const char *part_class(Slice part)
{
	for (size_t i = 0; i < G_N_ELEMENTS(folders); i++)
		if (slice_is_nocase(part, folders[i].part))
			return folders[i].class;
	return is_past(part) ? "archive" : NULL;
}

/* 2025-09-17 or 20250917 in the name of a document: a report of that day. */
static bool has_date(Slice name)
{
	for (size_t i = 0; i + 8 <= name.length; i++) {
		size_t digits = 0, at = i;
		if (i > 0 && g_ascii_isdigit(name.at[i - 1]))
			continue;
		for (; at < name.length && digits < 8 && (g_ascii_isdigit(name.at[at]) || strchr("-_", name.at[at]));
		        at++)
			digits += g_ascii_isdigit(name.at[at]) != 0;
		if (digits == 8 && (name.at[i] == '2' && name.at[i + 1] == '0') &&
		        !(at < name.length && g_ascii_isdigit(name.at[at])))
			return true;
	}
	return false;
}

static const char *name_class(Slice name)
{
	size_t dot = slice_find_byte(name, '.', 1);
	if (dot != SIZE_MAX && is_past(slice_sub(name, 0, dot)) && !slice_starts(name, "unused") &&
	        !slice_starts(name, "archive"))
		return "archive"; /* README-old.md, flannel_old.yaml; a script archive-logs.sh is in use */
	bool document = slice_ends(name, ".md") || slice_ends(name, ".txt") || slice_ends(name, ".rst");
	if (document && (has_date(name) || slice_starts(name, "CHANGELOG") || slice_starts(name, "changelog")))
		return "dated";
	if (slice_ends(name, ".lock") || slice_is(name, "package-lock.json") || slice_is(name, "pnpm-lock.yaml") ||
	        slice_ends(name, ".min.js") || slice_ends(name, ".min.css") || slice_is(name, "go.sum") ||
	        slice_find(name, ".gen.", 0) != SIZE_MAX || slice_find(name, ".generated.", 0) != SIZE_MAX)
		return "generated";
	if (slice_ends(name, ".bak") || slice_ends(name, ".old") || slice_ends(name, ".orig") ||
	        slice_ends(name, ".disabled"))
		return "archive";
	return NULL;
}

const char *source_path_class(Slice path)
{
	Slice rest = path;
	size_t slash;
	while ((slash = slice_find_byte(rest, '/', 0)) != SIZE_MAX) {
		Slice part = slice_sub(rest, 0, slash);
		const char *class = part_class(part);
		rest = slice_sub(rest, slash + 1, rest.length);
		if (class)
			return class;
	}
	return name_class(rest);
}

/* A manifest among documents is a sample of what they speak of. */
static bool is_sample_manifest(const SourceFile *file)
{
	if (!slice_ends(file->name, ".yaml") && !slice_ends(file->name, ".yml"))
		return false;
	bool object = slice_find(file->bytes, "apiVersion:", 0) != SIZE_MAX &&
	              slice_find(file->bytes, "kind:", 0) != SIZE_MAX;
	for (Slice folder = path_folder(file->path); object && folder.length; folder = path_folder(folder))
		if (slice_is_nocase(path_name(folder), "docs"))
			return true;
	return false;
}

/* "# ARCHIVED! DO NOT USE" on the first line: its owner says so in the file and not by its path. */
static bool is_put_aside(Slice bytes)
{
	static const char *const words[] = {
	        "archived", "deprecated", "obsolete", "unused", "not used", "no longer used", "do not use", "disabled"};
	Slice line, rest = bytes;
	if (!slice_next_line(&rest, &line) || !slice_starts(line, "#"))
		return false;
	while (line.length && strchr("#!-=* \t", line.at[0]))
		line = slice_sub(line, 1, line.length);
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
		size_t length = strlen(words[i]);
		if (line.length >= length && slice_is_nocase(slice_sub(line, 0, length), words[i]) &&
		        (line.length == length || strchr("!.,:;-", line.at[length])))
			return true;
	}
	return false;
}

static const char *file_class(const SourceFile *file)
{
	if (file->class)
		return file->class;
	return is_put_aside(file->bytes) ? "archive" : is_sample_manifest(file) ? "example" : NULL;
}

static bool matches(const SourceFile *file)
{
	return file_class(file) != NULL;
}

static void read_path(const SourceFile *file)
{
	graph_add(file->builder, file->node, FACT_CLASS, slice_from(file_class(file)), 0, 0);
}

const Source source_path = {"path", matches, read_path};
