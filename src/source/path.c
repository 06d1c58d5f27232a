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
        {"sunset", "archive"},
        {"_sunset", "archive"},
        {"decommissioned", "archive"},
        {"disabled", "archive"},
        {"_disabled", "archive"},
        {"old", "archive"},
        {"tmp", "archive"},
        {"scratch", "archive"},
        {".tmp", "archive"},
        {"temp", "archive"},
        {"evidence", "dated"},
        {"changelog", "dated"},
        {"changelogs", "dated"},
        {"node_modules", "vendored"},
        {"_bmad", "vendored"},
        {".bmad", "vendored"},
        {".bmad-core", "vendored"},
        {".specify", "vendored"},
        {"vendor", "vendored"},
        {"third_party", "vendored"},
        {"cue.mod", "vendored"},
        {"site-packages", "vendored"},
        {"ansible_collections", "vendored"},
        {".venv", "vendored"},
        {"venv", "vendored"},
        {"__pycache__", "generated"},
        {"examples", "example"},
        {"example", "example"},
        {"samples", "example"},
        {".template", "example"},
        {".templates", "example"},
        {"_template", "example"},
        {"_templates", "example"},
        {"cka", "example"},
        {"ckad", "example"},
        {"cks", "example"},
        {"exercises", "example"},
        {"tutorials", "example"},
        {"testdata", "test"},
        {"fixtures", "test"},
        {"eval", "test"},
        {"evals", "test"},
        {"tests", "test"},
        {"test", "test"},
        {"__tests__", "test"},
};

/* old_versions, backup-old, archive-2023, moved-to-cluster: a word for what is past begins or ends the name. */
static bool is_past(Slice part)
{
	static const char *const words[] = {
	        "old", "archive", "archived", "deprecated", "obsolete", "unused", "not-used", "not_used"};
	if (slice_starts(part, "moved-to-") || slice_starts(part, "moved_to_"))
		return true;
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

/* template, _template, 0_template, _flux_templates, example-db: what a new program is copied from. Charts have
 * `templates`, which are in use. */
static bool is_pattern(Slice part)
{
	size_t at = 0;
	while (at < part.length && (g_ascii_isdigit(part.at[at]) || strchr("-_.", part.at[at])))
		at++;
	Slice word = slice_sub(part, at, part.length);
	return slice_is_nocase(word, "template") || slice_is_nocase(word, "boilerplate") ||
	       slice_is_nocase(word, "skeleton") || (at > 0 && slice_is_nocase(word, "templates")) ||
	       (part.at[0] == '_' && slice_ends(part, "_templates")) || slice_starts(part, "example-") ||
	       slice_ends(part, "-example");
}

static const char *part_class(Slice part)
{
	for (size_t i = 0; i < G_N_ELEMENTS(folders); i++)
		if (slice_is_nocase(part, folders[i].part))
			return folders[i].class;
	return is_past(part) ? "archive" : is_pattern(part) ? "example" : NULL;
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

/* audit-2026-05.md: a report of that month, which ends the name. */
static bool ends_with_month(Slice name)
{
	size_t dot = slice_find_byte(name, '.', 0), at = dot == SIZE_MAX ? name.length : dot;
	if (at < 8 || !strchr("-_", name.at[at - 3]) || !strchr("-_.", name.at[at - 8]))
		return false;
	for (size_t i = at - 7; i < at; i++)
		if (i != at - 3 && !g_ascii_isdigit(name.at[i]))
			return false;
	int month = (name.at[at - 2] - '0') * 10 + name.at[at - 1] - '0';
	return name.at[at - 7] == '2' && name.at[at - 6] == '0' && month >= 1 && month <= 12;
}

/* 260613-rotate.md: the six digits of a day before all else. */
static bool begins_with_day(Slice name)
{
	if (name.length < 8 || !strchr("-_", name.at[6]))
		return false;
	for (size_t i = 0; i < 6; i++)
		if (!g_ascii_isdigit(name.at[i]))
			return false;
	int month = (name.at[2] - '0') * 10 + name.at[3] - '0', day = (name.at[4] - '0') * 10 + name.at[5] - '0';
	return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static bool is_document_name(Slice name)
{
	static const char *const ends[] = {".md", ".mdx", ".txt", ".rst", ".adoc", ".org", ".tex"};
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
		if (slice_ends(name, ends[i]))
			return true;
	return false;
}

static const char *name_class(Slice name)
{
	size_t dot = slice_find_byte(name, '.', 1);
	if (dot != SIZE_MAX && is_past(slice_sub(name, 0, dot)) && !slice_starts(name, "unused") &&
	        !slice_starts(name, "archive"))
		return "archive"; /* README-old.md, flannel_old.yaml; a script archive-logs.sh is in use */
	if (is_document_name(name) && (has_date(name) || begins_with_day(name) || ends_with_month(name) ||
	                                      slice_starts(name, "CHANGELOG") || slice_starts(name, "changelog")))
		return "dated";
	if (slice_ends(name, ".lock") || slice_is(name, "package-lock.json") || slice_is(name, "pnpm-lock.yaml") ||
	        slice_ends(name, ".min.js") || slice_ends(name, ".min.css") || slice_is(name, "go.sum") ||
	        slice_ends(name, ".po") || slice_ends(name, ".jsonl") || slice_find(name, ".gen.", 0) != SIZE_MAX ||
	        slice_find(name, ".generated.", 0) != SIZE_MAX)
		return "generated";
	if (slice_ends(name, "_test.go") || slice_ends(name, ".test.ts") || slice_ends(name, ".test.js") ||
	        slice_ends(name, ".spec.ts") || slice_ends(name, ".spec.js"))
		return "test";
	if (slice_ends(name, ".tpl.sh") || slice_ends(name, ".tmpl.sh") || slice_ends(name, ".template.sh"))
		return "example"; /* to be copied beside what it is for */
	if (slice_find(name, ".old.", 1) != SIZE_MAX || slice_find(name, ".bak.", 1) != SIZE_MAX)
		return "archive"; /* compose.old.yaml */
	if (slice_ends(name, ".bak") || slice_ends(name, ".old") || slice_ends(name, ".orig") ||
	        slice_ends(name, ".disabled"))
		return "archive";
	return NULL;
}

/* Folders whose documents each tell of a day. */
static bool is_diary(Slice part)
{
	static const char *const names[] = {"journal", "journals", "diary", "logbook", "worklog", "devlog", NULL};
	return slice_is_any_nocase(part, names);
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
		if (is_diary(part) && is_document_name(path))
			return "dated";
	}
	return name_class(rest);
}

static Slice skip_bytes(Slice text, const char *bytes)
{
	while (text.length && (strchr(bytes, text.at[0]) || (unsigned char)text.at[0] >= 0x80))
		text = slice_sub(text, 1, text.length);
	return text;
}

static bool starts_nocase(Slice text, const char *word)
{
	size_t length = strlen(word);
	return text.length >= length && g_ascii_strncasecmp(text.at, word, length) == 0;
}

/* ---- what the head of a document says of all of it ----------------------------------------------------------- */

/* The head of a document, where it says what it is. */
#define HEAD_LINES 12

/* "> **Archived (2026-05).** Kept as history", "**Status:** superseded by …": a line that stands out, and begins with a
 * word for what is past. Of what was superseded in part the rest holds. */
static bool is_frozen_banner(Slice line)
{
	static const char *const words[] = {"archived", "superseded", "obsolete", "deprecated", "frozen", "outdated",
	        "historical", "no longer maintained", "no longer updated", "retired"};
	Slice text = slice_trim(line), bare = skip_bytes(text, ">*_-!:# \t");
	bool standing = slice_starts(text, ">") || slice_starts(text, "**") || slice_starts(text, ":::");
	if (starts_nocase(bare, "warning ") || starts_nocase(bare, "danger "))
		bare = slice_sub(bare, slice_find_byte(bare, ' ', 0), bare.length);
	if (starts_nocase(bare, "status")) {
		Slice value = skip_bytes(slice_sub(bare, strlen("status"), bare.length), "*_ \t");
		standing = value.length && value.at[0] == ':';
		bare = value;
	}
	bare = skip_bytes(bare, ":*_ \t");
	for (size_t i = 0; standing && i < G_N_ELEMENTS(words); i++) {
		Slice rest = slice_sub(bare, MIN(strlen(words[i]), bare.length), bare.length);
		if (starts_nocase(bare, words[i]) && (rest.length == 0 || !g_ascii_isalnum(rest.at[0])) &&
		        !starts_nocase(rest, " in part") && !starts_nocase(rest, " in "))
			return true;
	}
	return false;
}

/* "**Date:** 2026-02-26", "Review date: January 2026"; not that of the last change. */
static bool is_date_line(Slice line)
{
	static const char *const before[] = {"review ", "report ", "audit ", ""};
	Slice text = skip_bytes(slice_trim(line), ">*_- \t");
	for (size_t i = 0; i < G_N_ELEMENTS(before); i++) {
		if (!starts_nocase(text, before[i]))
			continue;
		Slice rest = slice_sub(text, strlen(before[i]), text.length);
		if (!starts_nocase(rest, "date"))
			continue;
		rest = skip_bytes(slice_sub(rest, strlen("date"), rest.length), "*_ \t");
		return slice_starts(rest, ":") && slice_find(rest, "20", 0) != SIZE_MAX;
	}
	return false;
}

/* What is written once, of one day: its name says so. */
static bool is_report_name(Slice name)
{
	static const char *const words[] = {"report", "audit", "review", "summary", "results", "investigation",
	        "incident", "postmortem", "retrospective", "evaluation", "assessment", "critique", "findings",
	        "handoff", "handover", NULL};
	for (size_t start = 0; start < name.length;) {
		size_t end = start;
		while (end < name.length && !strchr("-_. ", name.at[end]))
			end++;
		if (slice_is_any_nocase(slice_sub(name, start, end), words))
			return true;
		start = end + 1;
	}
	return false;
}

static const char *document_class(const SourceFile *file)
{
	Slice rest = file->bytes, line;
	bool report = is_report_name(file->name);
	if (!slice_ends(file->name, ".md"))
		return NULL;
	for (int i = 0; i < HEAD_LINES && slice_next_line(&rest, &line); i++)
		if (is_frozen_banner(line) || (report && is_date_line(line)))
			return "dated";
	return NULL;
}

/* secret.example.yaml: to be copied and filled in. */
static bool has_sample_name(Slice name)
{
	static const char *const words[] = {".example.", ".sample.", ".template.", ".tmpl.", ".dist."};
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (slice_find(name, words[i], 0) != SIZE_MAX)
			return true;
	return false;
}

/* "# example secret", "# Sample values, to be copied": the first comment of the file says what all of it is. */
static bool has_sample_head(Slice bytes)
{
	static const char *const samples[] = {"example", "sample", NULL};
	static const char *const things[] = {"secret", "secrets", "manifest", "manifests", "values", "config",
	        "configuration", "credentials", "file", "only", NULL};
	Slice line = {"", 0}, rest = bytes, first, second;
	while ((line.length == 0 || slice_is(line, "---")) && slice_next_line(&rest, &line))
		line = slice_trim(line);
	if (!slice_starts(line, "#"))
		return false;
	Slice words = skip_bytes(line, "#!-=* \t");
	if (!slice_next_word(&words, &first) || !slice_is_any_nocase(first, samples) ||
	        !slice_next_word(&words, &second))
		return false;
	while (second.length && strchr(".,:;", second.at[second.length - 1]))
		second.length--;
	return slice_is_any_nocase(second, things);
}

/* A manifest that says so by its name; or one among documents, as a sample of what they speak of. */
static bool is_sample_manifest(const SourceFile *file)
{
	if (!slice_ends(file->name, ".yaml") && !slice_ends(file->name, ".yml"))
		return false;
	if (has_sample_name(file->name) || has_sample_head(file->bytes))
		return true;
	bool object = slice_find(file->bytes, "apiVersion:", 0) != SIZE_MAX &&
	              slice_find(file->bytes, "kind:", 0) != SIZE_MAX;
	for (Slice folder = path_folder(file->path); object && folder.length; folder = path_folder(folder))
		if (slice_is_nocase(path_name(folder), "docs"))
			return true;
	return false;
}

/* A demonstration by its folder and by the comment at its head: a folder alone may be an app that is called so. */
static bool is_demonstration(const SourceFile *file)
{
	static const char *const names[] = {"demo", "demos", NULL};
	bool among = false;
	for (Slice folder = path_folder(file->path); folder.length && !among; folder = path_folder(folder))
		among = slice_is_any_nocase(path_name(folder), names);
	Slice rest = file->bytes, line;
	for (int i = 0; among && i < HEAD_LINES && slice_next_line(&rest, &line); i++) {
		if (line.length && !slice_starts(line, "#") && !slice_starts(line, "---"))
			return false;
		if (slice_find(line, "demonstrat", 0) != SIZE_MAX || slice_find(line, "part of the", 0) != SIZE_MAX)
			return true;
	}
	return false;
}

/* "# NOTE: this file is not used right now", among the comments at its head. */
static bool is_said_unused(Slice bytes)
{
	static const char *const words[] = {"this file is not used", "this file is unused", "file is no longer used",
	        "this file is not in use", "this stack is not used", "this stack is no longer used"};
	Slice line, rest = bytes;
	for (int i = 0; i < HEAD_LINES && slice_next_line(&rest, &line); i++) {
		if (line.length && !slice_starts(line, "#"))
			return false;
		g_autofree char *lower = g_ascii_strdown(line.at, (gssize)MIN(line.length, 200));
		for (size_t w = 0; w < G_N_ELEMENTS(words); w++)
			if (strstr(lower, words[w]))
				return true;
	}
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

/* Enough for a head that says how to use the file before it says where it comes from. */
#define BANNER_LINES 30

static bool has_nocase(Slice line, const char *const *words)
{
	g_autofree char *lower = g_ascii_strdown(line.at, (gssize)MIN(line.length, 400));
	for (; *words; words++)
		if (strstr(lower, *words))
			return true;
	return false;
}

/* What `kubectl describe` printed, kept under the name of a manifest: nothing reads it again. */
static bool is_described(Slice bytes)
{
	return slice_starts(bytes, "Name:  ") && slice_find(bytes, "\nAPI Version:", 0) != SIZE_MAX;
}

/* "# Generated from base/. Do NOT hand-edit": the comment at the head says both. What it is made of is asked instead.
 */
static bool is_made_by_program(const SourceFile *file)
{
	static const char *const made[] = {"generated", NULL}, *const kept[] = {"not edit", "not hand-edit",
	                                                               "not hand edit", "not modify", "not manually",
	                                                               "not be edited", "don't edit", NULL};
	Slice rest = file->bytes, line;
	bool generated = false, closed = false;
	for (int i = 0; i < BANNER_LINES && slice_next_line(&rest, &line) && !(generated && closed); i++) {
		Slice text = slice_trim(line);
		if (text.length && !strchr("#/*;<-", text.at[0]))
			return false;
		generated = generated || has_nocase(text, made);
		closed = closed || has_nocase(text, kept);
	}
	return generated && closed;
}

/* What `kubectl get -o yaml` printed: a list of objects as they ran, with the marks that the cluster gives each. */
static bool is_dump(Slice bytes)
{
	Slice text = slice_trim(bytes);
	if (slice_starts(text, "---"))
		text = slice_trim(slice_sub(text, 3, text.length));
	return slice_starts(text, "apiVersion: v1\nitems:\n") &&
	       slice_find(text, "\n    resourceVersion: ", 0) != SIZE_MAX &&
	       slice_find(text, "\n    uid: ", 0) != SIZE_MAX && slice_find(text, "\nkind: List", 0) != SIZE_MAX;
}

static const char *file_class(const SourceFile *file)
{
	if (file->class)
		return file->class;
	if (is_put_aside(file->bytes) || is_said_unused(file->bytes))
		return "archive";
	if (is_made_by_program(file) || is_described(file->bytes) || is_dump(file->bytes))
		return "generated";
	return is_sample_manifest(file) || is_demonstration(file) ? "example" : document_class(file);
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
