/* Paths in the configuration of editors, tools and services: JSON with comments, TOML and INI. These are read as
 * strings with the key before them and not parsed: only a few keys of known files name paths of the repository, and a
 * broken file may still be read. ROLE says what the path is relative to; see the rule config-path-missing. */
#include "base/path.h"
#include "source/source.h"

/* What a key of a file names. */
typedef struct Known {
	const char *name;   /* of the file, or its ending if it begins with a star */
	const char *folder; /* the file stands in a folder of that name; NULL: anywhere */
	const char *keys;   /* in blanks; NULL: any */
	const char *role;
} Known;

static const Known known[] = {
        {"*.code-workspace", NULL, " path ", "config-file"},
        {"pyproject.toml", NULL, " readme ", "config-file"},
        {"ansible.cfg", NULL, " inventory ", "config-file"},
        {"devcontainer.json", NULL, " dockerfile dockerFile dockerComposeFile ", "config-file"},
        {".devcontainer.json", NULL, " dockerfile dockerFile dockerComposeFile ", "config-file"},
        {".mcp.json", NULL, " args command ", "config-script"},
        {"mcp.json", NULL, " args command ", "config-script"},
        {"*.json", ".vscode", NULL, "workspace"},
        {"renovate.json", NULL, " extends ", "preset"},
        {"renovate.json5", NULL, " extends ", "preset"},
        {".renovaterc", NULL, " extends ", "preset"},
        {".renovaterc.json", NULL, " extends ", "preset"},
        {".renovaterc.json5", NULL, " extends ", "preset"},
        {"*.service", NULL, " ExecStart ExecStartPre ExecStartPost ExecStop ExecReload WorkingDirectory ",
                "machine-path"},
};

static Slice folder_name(const SourceFile *file)
{
	return path_name(path_folder(file->path));
}

static bool is_known(const SourceFile *file, const Known *entry)
{
	if (entry->folder && !slice_is(folder_name(file), entry->folder))
		return false;
	return entry->name[0] == '*' ? slice_ends(file->name, entry->name + 1) : slice_is(file->name, entry->name);
}

static const Known *find_known(const SourceFile *file)
{
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		if (is_known(file, &known[i]))
			return &known[i];
	return NULL;
}

static bool is_owners(const SourceFile *file)
{
	return slice_is(file->name, "CODEOWNERS");
}

static bool matches(const SourceFile *file)
{
	return is_owners(file) || find_known(file) != NULL;
}

static void add_path(const SourceFile *file, const char *role, Slice path)
{
	size_t start = (size_t)(path.at - file->bytes.at), end = start + path.length;
	if (path.length == 0 || path.length > 300)
		return;
	Node link = graph_add_node(file->builder, NODE_LINK, file->node, path, start, end);
	graph_add(file->builder, link, FACT_ROLE, slice_from(role), start, end);
}

static bool has_word(const char *words, Slice word)
{
	char text[64];
	if (word.length == 0 || word.length > sizeof text - 3)
		return false;
	g_snprintf(text, sizeof text, " %.*s ", SLICE_ARGS(word));
	return strstr(words, text) != NULL;
}

/* ${workspaceFolder} is the root for the files of an editor that has the repository open. */
static void add_value(const SourceFile *file, const Known *entry, Slice key, Slice value)
{
	static const char root[] = "${workspaceFolder}/";
	if (slice_starts(value, root)) {
		add_path(file, "config-root", slice_sub(value, strlen(root), value.length));
		return;
	}
	if (strcmp(entry->role, "workspace") != 0 && has_word(entry->keys, key))
		add_path(file, entry->role, value);
}

/* ---- strings with keys --------------------------------------------------------------------------------- */

/* Past a comment that begins at `at`, or `at` itself. A slash within a bare word begins none. */
static size_t skip_comment(Slice text, size_t at, bool toml)
{
	Slice rest = slice_sub(text, at, text.length);
	if (toml ? rest.at[0] == '#' : slice_starts(rest, "//"))
		return MIN(slice_find_byte(text, '\n', at), text.length);
	size_t end = !toml && slice_starts(rest, "/*") ? slice_find(text, "*/", at + 2) : at;
	return end == at ? at : end == SIZE_MAX ? text.length : end + 2;
}

/* The string that begins with the quote at `at`, within its line; *at is moved past it. */
static Slice take_string(Slice text, size_t *at)
{
	char quote = text.at[*at];
	size_t start = ++*at;
	while (*at < text.length && text.at[*at] != quote && text.at[*at] != '\n')
		*at += text.at[*at] == '\\' ? 2 : 1;
	*at = MIN(*at, text.length);
	Slice string = slice_sub(text, start, *at);
	*at += *at < text.length && text.at[*at] == quote;
	return string;
}

static Slice take_bare(Slice text, size_t *at)
{
	size_t start = *at;
	while (*at < text.length && (g_ascii_isalnum(text.at[*at]) || strchr("_-$.", text.at[*at])) && text.at[*at])
		++*at;
	*at += *at == start;
	return slice_sub(text, start, MIN(*at, text.length));
}

static bool is_key(Slice text, size_t at)
{
	while (at < text.length && (text.at[at] == ' ' || text.at[at] == '\t'))
		at++;
	return at < text.length && (text.at[at] == ':' || text.at[at] == '=');
}

static void read_strings(const SourceFile *file, const Known *entry, bool toml)
{
	Slice text = file->bytes, key = {"", 0};
	for (size_t at = 0; at < text.length;) {
		size_t after = skip_comment(text, at, toml);
		if (after != at) {
			at = after;
			continue;
		}
		bool string = text.at[at] == '"' || text.at[at] == '\'';
		if (g_ascii_isspace(text.at[at])) {
			at++;
			continue;
		}
		Slice word = string ? take_string(text, &at) : take_bare(text, &at);
		if (is_key(text, at))
			key = word;
		else if (string)
			add_value(file, entry, key, word);
	}
}

/* ---- lines ------------------------------------------------------------------------------------------------ */

/* key = value; of a command line each word that is a path of the machine. */
static void read_settings(const SourceFile *file, const Known *entry)
{
	Slice rest = file->bytes, line, word;
	while (slice_next_line(&rest, &line)) {
		size_t equals = slice_find_byte(line, '=', 0);
		if (equals == SIZE_MAX || !has_word(entry->keys, slice_trim(slice_sub(line, 0, equals))))
			continue;
		Slice value = slice_trim(slice_sub(line, equals + 1, line.length));
		if (slice_starts(value, "-"))
			continue; /* may fail */
		while (slice_next_word(&value, &word)) {
			while (word.length && strchr("@:+!\"'", word.at[0]))
				word = slice_sub(word, 1, word.length);
			while (word.length && strchr("\"';", word.at[word.length - 1]))
				word.length--;
			add_path(file, entry->role, word);
		}
	}
}

/* /folder/ @owner */
static void read_owners(const SourceFile *file)
{
	Slice rest = file->bytes, line, word;
	while (slice_next_line(&rest, &line))
		if (slice_next_word(&line, &word) && !strchr("#[^", word.at[0]))
			add_path(file, "config-glob", word);
}

static void read_config(const SourceFile *file)
{
	const Known *entry = find_known(file);
	if (is_owners(file))
		read_owners(file);
	else if (slice_ends(file->name, ".service") || slice_ends(file->name, ".cfg"))
		read_settings(file, entry);
	else
		read_strings(file, entry, slice_ends(file->name, ".toml"));
}

const Source source_config = {"config", matches, read_config};
