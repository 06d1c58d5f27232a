/* Lists of Python packages: requirements files, pyproject.toml, setup.cfg, setup.py, Pipfile and environment.yml.
 *
 * Only names and versions are read. A list that is made by code, or that takes a package from a URL or folder, is
 * INCOMPLETE: what it brings is not known. TOML is read by lines, as far as these files use it. */
#include "source/source.h"

typedef struct Reader {
	const SourceFile *file;
	Slice text;
} Reader;

/* ---- one requirement ------------------------------------------------------------------------------------- */

static bool is_package_byte(char c)
{
	return g_ascii_isalnum(c) || c == '_' || c == '-' || c == '.';
}

static void add_incomplete(const Reader *reader, size_t start, size_t end)
{
	graph_add_flag(reader->file->builder, reader->file->node, FACT_INCOMPLETE, start, end);
}

static void add_requirement(const Reader *reader, size_t start, size_t end, size_t version, size_t version_end)
{
	Node node = graph_add_node(reader->file->builder, NODE_REQUIREMENT, reader->file->node,
	        slice_sub(reader->text, start, end), start, end);
	if (version_end > version)
		graph_add(reader->file->builder, node, FACT_PINNED, slice_sub(reader->text, version, version_end),
		        version, version_end);
}

static size_t skip_blanks(Slice text, size_t at, size_t end)
{
	while (at < end && (text.at[at] == ' ' || text.at[at] == '\t'))
		at++;
	return at;
}

/* "name[extra]>=1.0; marker" in [start, end): a requirement as PEP 508 writes it. */
static void read_specifier(const Reader *reader, size_t start, size_t end)
{
	Slice text = reader->text;
	start = skip_blanks(text, start, end);
	size_t at = start;
	while (at < end && is_package_byte(text.at[at]))
		at++;
	if (at == start || !g_ascii_isalnum(text.at[start]) ||
	        (at < end && (text.at[at] == '/' || text.at[at] == ':' || text.at[at] == '+'))) {
		add_incomplete(reader, start, end);
		return;
	}
	size_t version = skip_blanks(text, at, end);
	if (version < end && text.at[version] == '[') {
		while (version < end && text.at[version] != ']')
			version++;
		version = skip_blanks(text, MIN(version + 1, end), end);
	}
	size_t stop = version;
	while (stop < end && text.at[stop] != ';' && text.at[stop] != '\r' &&
	        !(text.at[stop] == '#' && stop > 0 && text.at[stop - 1] == ' '))
		stop++;
	while (stop > version && (text.at[stop - 1] == ' ' || text.at[stop - 1] == '\\'))
		stop--;
	add_requirement(reader, start, at, version, stop);
}

/* ---- requirements.txt -------------------------------------------------------------------------------------- */

/* -r other.txt; -e and a bare URL bring what is not named here. */
static void read_option(const Reader *reader, size_t start, size_t end)
{
	static const char *const includes[] = {"-r", "--requirement"};
	Slice line = slice_sub(reader->text, start, end);
	for (size_t i = 0; i < G_N_ELEMENTS(includes); i++) {
		size_t length = strlen(includes[i]);
		if (!slice_starts(line, includes[i]))
			continue;
		size_t at = start + length;
		while (at < end && strchr(" \t=", reader->text.at[at]) && reader->text.at[at])
			at++;
		size_t stop = at;
		while (stop < end && !strchr(" \t\r#", reader->text.at[stop]))
			stop++;
		graph_add(reader->file->builder, reader->file->node, FACT_INCLUDES, slice_sub(reader->text, at, stop),
		        at, stop);
		return;
	}
	if (slice_starts(line, "-e") || slice_starts(line, "--editable"))
		add_incomplete(reader, start, end);
}

static void read_lines(const Reader *reader)
{
	Slice text = reader->text;
	bool goes_on = false;
	size_t at = slice_starts(text, "\xef\xbb\xbf") ? 3 : 0;
	while (at < text.length) {
		size_t end = MIN(slice_find_byte(text, '\n', at), text.length);
		size_t start = skip_blanks(text, at, end);
		size_t last = end > start && text.at[end - 1] == '\r' ? end - 1 : end;
		bool inner = goes_on; /* hashes of the requirement above */
		goes_on = last > start && text.at[last - 1] == '\\';
		at = end + 1;
		if (inner || start == last || text.at[start] == '#')
			continue;
		if (text.at[start] == '-')
			read_option(reader, start, last);
		else
			read_specifier(reader, start, last);
	}
}

/* ---- lists of strings ---------------------------------------------------------------------------------------- */

/* Behind the string that begins at the quote; its text is [*ret_start, *ret_end). */
static size_t read_string(Slice text, size_t at, size_t *ret_start, size_t *ret_end)
{
	char quote = text.at[at];
	*ret_start = ++at;
	while (at < text.length && text.at[at] != quote && text.at[at] != '\n')
		at++;
	*ret_end = at;
	return MIN(at + 1, text.length);
}

/* The strings of the list that opens at `at`, each a requirement; returns the place behind its end. Tables within
 * (`{include-group = "x"}`) are passed over. */
static size_t read_list(const Reader *reader, size_t at)
{
	Slice text = reader->text;
	size_t start, end;
	uint32_t depth = 0, tables = 0;
	for (; at < text.length; at++) {
		char c = text.at[at];
		if (c == '#') {
			at = MIN(slice_find_byte(text, '\n', at), text.length - 1);
		} else if (c == '"' || c == '\'') {
			at = read_string(text, at, &start, &end) - 1;
			if (!tables && end > start)
				read_specifier(reader, start, end);
		} else if (c == '[' || c == '(') {
			depth++;
		} else if ((c == ']' || c == ')') && --depth == 0) {
			return at + 1;
		} else if (c == '{' || c == '}') {
			tables = c == '{' ? tables + 1 : tables - (tables > 0);
		}
	}
	return at;
}

/* ---- TOML ----------------------------------------------------------------------------------------------------- */

typedef enum Use { USE_NONE, USE_LIST, USE_KEYS, USE_NAME, USE_DYNAMIC } Use;

/* What a key means: a list of requirements, or a table whose keys are packages. */
static Use key_use(Slice section, Slice key)
{
	if (slice_is(section, "project") && slice_is(key, "dependencies"))
		return USE_LIST;
	if (slice_is(section, "project") && slice_is(key, "name"))
		return USE_NAME;
	if (slice_is(section, "tool.poetry") && slice_is(key, "name"))
		return USE_NAME;
	if (slice_is(section, "project") && slice_is(key, "dynamic"))
		return USE_DYNAMIC;
	if (slice_is(section, "project.optional-dependencies") || slice_is(section, "dependency-groups") ||
	        slice_is(section, "tool.pdm.dev-dependencies"))
		return USE_LIST;
	if (slice_starts(section, "tool.") && (slice_ends(key, "dependencies") || slice_is(key, "extra-dependencies")))
		return USE_LIST;
	bool poetry = slice_starts(section, "tool.poetry.") && slice_ends(section, "dependencies");
	return poetry || slice_is(section, "packages") || slice_is(section, "dev-packages") ? USE_KEYS : USE_NONE;
}

/* flask = "^3.0", shared = {path = "../shared"} */
static void read_package_key(const Reader *reader, size_t start, size_t end, size_t value)
{
	Slice text = reader->text;
	size_t version = 0, version_end = 0;
	if (end - start >= 2 && text.at[start] == '"') {
		start++;
		end--;
	}
	if (slice_is(slice_sub(text, start, end), "python"))
		return;
	if (value < text.length && (text.at[value] == '"' || text.at[value] == '\''))
		read_string(text, value, &version, &version_end);
	add_requirement(reader, start, end, version, version_end);
}

static void read_name(const Reader *reader, size_t value)
{
	size_t start, end;
	if (value >= reader->text.length || (reader->text.at[value] != '"' && reader->text.at[value] != '\''))
		return;
	read_string(reader->text, value, &start, &end);
	char *provides =
	        arena_printf(reader->file->arena, "package/%.*s", SLICE_ARGS(slice_sub(reader->text, start, end)));
	graph_add(reader->file->builder, reader->file->node, FACT_PROVIDES, slice_from(provides), start, end);
}

/* One `key = value` of [start, end); returns where to go on, which is behind a list of several lines. */
static size_t read_pair(const Reader *reader, Slice section, size_t start, size_t end)
{
	Slice text = reader->text;
	size_t equals = slice_find_byte(slice_sub(text, 0, end), '=', start);
	if (equals == SIZE_MAX)
		return end + 1;
	size_t key_end = equals, value = skip_blanks(text, equals + 1, end);
	while (key_end > start && strchr(" \t", text.at[key_end - 1]))
		key_end--;
	switch (key_use(section, slice_sub(text, start, key_end))) {
	case USE_LIST:
		if (value < end && text.at[value] == '[')
			return read_list(reader, value);
		break;
	case USE_KEYS:
		if (key_end > start)
			read_package_key(reader, start, key_end, value);
		break;
	case USE_NAME:
		read_name(reader, value);
		break;
	case USE_DYNAMIC:
		if (slice_find(slice_sub(text, value, end), "\"dependencies\"", 0) != SIZE_MAX)
			add_incomplete(reader, value, end);
		break;
	case USE_NONE:
		break;
	}
	return end + 1;
}

static void read_toml(const Reader *reader)
{
	Slice text = reader->text, section = {"", 0};
	for (size_t at = 0; at < text.length;) {
		size_t end = MIN(slice_find_byte(text, '\n', at), text.length), start = skip_blanks(text, at, end);
		if (start == end || text.at[start] == '#' || text.at[start] == '\r') {
			at = end + 1;
		} else if (text.at[start] == '[') {
			size_t close = MIN(slice_find_byte(text, ']', start), end);
			section = slice_trim(slice_sub(text, start + 1, close));
			at = end + 1;
		} else {
			at = read_pair(reader, section, start, end);
		}
	}
}

/* ---- setup.cfg and setup.py ------------------------------------------------------------------------------------- */

/* install_requires and the lines below it that are indented. */
static void read_setup_cfg(const Reader *reader)
{
	Slice text = reader->text;
	bool within = false;
	for (size_t at = 0, end; at < text.length; at = end + 1) {
		end = MIN(slice_find_byte(text, '\n', at), text.length);
		size_t start = skip_blanks(text, at, end);
		if (start == end || text.at[start] == '\r')
			continue;
		if (start == at) {
			within = slice_starts(slice_sub(text, at, end), "install_requires");
			size_t equals = slice_find_byte(slice_sub(text, 0, end), '=', at);
			if (!within || equals == SIZE_MAX)
				continue;
			start = skip_blanks(text, equals + 1, end);
		}
		if (within && start < end && text.at[start] != '#' && text.at[start] != '\r')
			read_specifier(reader, start, end);
	}
}

static void read_setup_py(const Reader *reader)
{
	Slice text = reader->text;
	size_t at = slice_find(text, "install_requires", 0);
	if (at == SIZE_MAX)
		return;
	at = skip_blanks(text, at + strlen("install_requires"), text.length);
	if (at < text.length && text.at[at] == '=')
		at = skip_blanks(text, at + 1, text.length);
	if (at < text.length && text.at[at] == '[')
		read_list(reader, at);
	else
		add_incomplete(reader, at, at);
}

/* ---- environment.yml -----------------------------------------------------------------------------------------------
 */

static void read_conda_item(const Reader *reader, const YamlNode *item)
{
	size_t start = item->start, end = item->end;
	if (item->style == YAML_SINGLE || item->style == YAML_DOUBLE) {
		start++;
		end--;
	}
	if (item->style <= YAML_DOUBLE && start < end && !slice_starts(item->value, "python=") &&
	        !slice_is(item->value, "python"))
		read_specifier(reader, start, end);
}

static void read_conda(const Reader *reader)
{
	for (const YamlDocument *document = yaml_read(reader->text, reader->file->arena); document;
	        document = document->next) {
		YAML_EACH_ITEM (yaml_get(document->root, "dependencies"), item) {
			if (yaml_is_scalar(item))
				read_conda_item(reader, item);
			YAML_EACH_ITEM (yaml_get(item, "pip"), package)
				if (yaml_is_scalar(package))
					read_conda_item(reader, package);
		}
	}
}

/* ---- which files
 * ------------------------------------------------------------------------------------------------------ */

typedef void ListReader(const Reader *reader);

static bool is_requirements_name(Slice name)
{
	return (slice_ends(name, ".txt") || slice_ends(name, ".in")) && slice_find(name, "requirements", 0) != SIZE_MAX;
}

static bool is_in_requirements(Slice path)
{
	return slice_ends(path, ".txt") &&
	       (slice_find(path, "/requirements/", 0) != SIZE_MAX || slice_starts(path, "requirements/"));
}

static ListReader *reader_of(const SourceFile *file)
{
	Slice name = file->name;
	if (is_requirements_name(name) || is_in_requirements(file->path))
		return read_lines;
	if (slice_is(name, "pyproject.toml") || slice_is(name, "Pipfile"))
		return read_toml;
	if (slice_is(name, "setup.cfg"))
		return read_setup_cfg;
	if (slice_is(name, "setup.py"))
		return read_setup_py;
	bool conda = slice_is(name, "environment.yml") || slice_is(name, "environment.yaml") ||
	             slice_is(name, "conda.yml") || slice_is(name, "conda.yaml");
	return conda && slice_find(file->bytes, "dependencies:", 0) != SIZE_MAX ? read_conda : NULL;
}

static bool matches(const SourceFile *file)
{
	return reader_of(file) != NULL;
}

static void read_requirements(const SourceFile *file)
{
	Reader reader = {file, file->bytes};
	graph_add(file->builder, file->node, FACT_FORMAT, SLICE("requirements"), 0, 0);
	reader_of(file)(&reader);
}

const Source source_requirements = {"requirements", matches, read_requirements};
