/* Quadlets: the units from which Podman makes services of systemd. A .container or .pod is read as the service of a
 * compose file would be, from a tree made of its keys, since it says the same things; a .volume or .network is what
 * others may name. Which unit a name means is told by the file's name, so units are named with their ending. */
#include "source/compose.h"
#include "source/made.h"

#define MOST_KEYS 500

typedef struct Unit {
	const SourceFile *file;
	Arena *arena;
	Node node;         /* the SERVICE, or the FILE for units that are none */
	YamlNode *service; /* in the words of compose */
	YamlNode *lists[4];
	YamlNode *at; /* the whole file, for what has no place of its own */
} Unit;

enum { ENVIRONMENT, ENV_FILES, PORTS, VOLUMES };
static const char *const list_names[] = {"environment", "env_file", "ports", "volumes"};

static const struct {
	const char *ending, *section;
} kinds[] = {{".container", "[Container]"}, {".pod", "[Pod]"}, {".volume", "[Volume]"}, {".network", "[Network]"},
        {".kube", "[Kube]"}, {".image", "[Image]"}, {".build", "[Build]"}};

static bool matches(const SourceFile *file)
{
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (slice_ends(file->name, kinds[i].ending))
			return slice_find(file->bytes, kinds[i].section, 0) != SIZE_MAX;
	return false;
}

/* ---- values ------------------------------------------------------------------------------------------------ */

/* %h is the home of whoever runs the unit; what the other specifiers become is not known. */
static const char *filled_in(Unit *unit, Slice text)
{
	g_autoptr(GString) out = g_string_sized_new(text.length);
	for (size_t i = 0; i < text.length; i++) {
		char c = text.at[i], next = i + 1 < text.length ? text.at[i + 1] : '\0';
		if (c == '\\' && (next == '\n' || next == '\r'))
			continue;
		if (c != '%' || !g_ascii_isalpha(next)) {
			g_string_append_c(out, c);
			continue;
		}
		if (next == 'h')
			g_string_append_c(out, '~');
		else
			g_string_append_printf(out, "${%c}", next);
		i++;
	}
	return arena_text(unit->arena, (Slice){out->str, out->len});
}

/* A scalar at the place of a part of the file. */
static YamlNode *scalar(Unit *unit, Slice part)
{
	size_t start = (size_t)(part.at - unit->file->bytes.at);
	YamlNode place = {.start = start, .end = start + part.length};
	return made_text(unit->arena, filled_in(unit, part), &place);
}

/* No byte of a text is its end: a zero is part of a word, too. */
static bool is_one_of(char c, const char *bytes)
{
	return c && strchr(bytes, c);
}

/* A word goes on through blanks in quotes that begin within it: NAME='two words'. */
static size_t end_of_word(Slice text)
{
	char quote = '\0';
	size_t at = 0;
	for (; at < text.length && (quote || !is_one_of(text.at[at], " \t\r\n")); at++) {
		if (text.at[at] == quote)
			quote = '\0';
		else if (!quote && is_one_of(text.at[at], "\"'") && slice_find_byte(text, text.at[at], at + 1) != SIZE_MAX)
			quote = text.at[at];
	}
	return at;
}

/* The next word, which may stand in quotes. */
static bool next_word(Slice *rest, Slice *ret_word)
{
	*rest = slice_trim(*rest);
	if (rest->length == 0)
		return false;
	char quote = rest->at[0];
	if (quote != '"' && quote != '\'') {
		*ret_word = slice_sub(*rest, 0, end_of_word(*rest));
		*rest = slice_sub(*rest, ret_word->length, rest->length);
		return true;
	}
	size_t end = slice_find_byte(*rest, quote, 1);
	end = end == SIZE_MAX ? rest->length : end;
	*ret_word = slice_sub(*rest, 1, end);
	*rest = slice_sub(*rest, MIN(end + 1, rest->length), rest->length);
	return true;
}

static void append(Unit *unit, size_t list, const YamlNode *item)
{
	if (!unit->lists[list])
		unit->lists[list] = made_list(unit->arena, unit->at);
	made_append(unit->arena, unit->lists[list], item);
}

static void add_item(Unit *unit, size_t list, Slice value)
{
	append(unit, list, scalar(unit, value));
}

/* ---- what another unit is named for --------------------------------------------------------------------------- */

static bool is_unit_name(Slice name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (slice_ends(name, kinds[i].ending) && slice_find_byte(name, '/', 0) == SIZE_MAX)
			return true;
	return false;
}

/* The text up to the first colon or comma, where that is the name of a unit. */
static bool add_unit(Unit *unit, Slice value)
{
	size_t end = 0;
	while (end < value.length && value.at[end] != ':' && value.at[end] != ',')
		end++;
	Slice name = slice_sub(value, 0, end);
	size_t start = (size_t)(name.at - unit->file->bytes.at);
	if (!is_unit_name(name))
		return false;
	Node reference =
	        graph_add_node(unit->file->builder, NODE_REFERENCE, unit->node, name, start, start + name.length);
	graph_add(unit->file->builder, reference, FACT_ROLE, SLICE("unit"), start, start + name.length);
	return true;
}

/* ---- keys ------------------------------------------------------------------------------------------------------- */

static void set(Unit *unit, const char *key, Slice value)
{
	made_set(unit->arena, unit->service, key, scalar(unit, value));
}

/* NAME='value' is value: systemd takes quotes off wherever they stand. The place stays that of the whole. */
static YamlNode *without_quotes(Unit *unit, YamlNode *item)
{
	Slice text = item->value;
	size_t equals = slice_find_byte(text, '=', 0), at = equals + 1;
	bool quoted = equals != SIZE_MAX && text.length >= at + 2 && strchr("\"'", text.at[at]) &&
	              text.at[text.length - 1] == text.at[at];
	if (!quoted)
		return item;
	char *bare =
	        arena_printf(unit->arena, "%.*s%.*s", (int)at, text.at, (int)(text.length - at - 2), text.at + at + 1);
	return made_text(unit->arena, bare, item);
}

static void read_words(Unit *unit, size_t list, Slice value)
{
	for (Slice word; next_word(&value, &word);)
		if (!slice_is(word, "\\"))
			append(unit, list, without_quotes(unit, scalar(unit, word)));
}

/* Options for podman itself say some things that have no key. */
static void read_options(Unit *unit, Slice value)
{
	for (Slice word, last = {"", 0}; next_word(&value, &word); last = word) {
		if (slice_is(word, "--privileged"))
			made_set(unit->arena, unit->service, "privileged",
			        made_text(unit->arena, "true", scalar(unit, word)));
		else if (slice_starts(word, "--memory="))
			set(unit, "mem_limit", slice_sub(word, strlen("--memory="), word.length));
		else if (slice_is(last, "--memory") || slice_is(last, "-m"))
			set(unit, "mem_limit", word);
	}
}

static void read_health(Unit *unit, Slice value)
{
	YamlNode *check = made_map(unit->arena, scalar(unit, value));
	if (slice_is(value, "none"))
		return;
	made_set(unit->arena, check, "test", scalar(unit, value));
	made_set(unit->arena, unit->service, "healthcheck", check);
}

/* What `AutoUpdate=` is written to. */
#define UPDATE_LABEL "io.containers.autoupdate="

static void add_update(Unit *unit, Slice value)
{
	size_t start = (size_t)(value.at - unit->file->bytes.at);
	graph_add(unit->file->builder, unit->node, FACT_AUTO_UPDATE, value, start, start + value.length);
}

static void read_container_key(Unit *unit, Slice key, Slice value)
{
	if (slice_is(key, "Image") && !add_unit(unit, value))
		set(unit, "image", value);
	else if (slice_is(key, "ContainerName") || slice_is(key, "PodName"))
		set(unit, "container_name", value);
	else if (slice_is(key, "Exec"))
		set(unit, "command", value);
	else if (slice_is(key, "Entrypoint"))
		set(unit, "entrypoint", value);
	else if (slice_is(key, "Memory"))
		set(unit, "mem_limit", value);
	else if (slice_is(key, "Environment"))
		read_words(unit, ENVIRONMENT, value);
	else if (slice_is(key, "EnvironmentFile"))
		add_item(unit, ENV_FILES, value);
	else if (slice_is(key, "PublishPort"))
		add_item(unit, PORTS, value);
	else if (slice_is(key, "AutoUpdate"))
		add_update(unit, value);
	else if (slice_is(key, "Label") && slice_starts(value, UPDATE_LABEL))
		add_update(unit, slice_sub(value, strlen(UPDATE_LABEL), value.length));
	else if (slice_is(key, "PodmanArgs"))
		read_options(unit, value);
	else if (slice_is(key, "HealthCmd"))
		read_health(unit, value);
	else if (slice_is(key, "Network") && slice_is(value, "host"))
		set(unit, "network_mode", value);
	else if (slice_is(key, "Network") || slice_is(key, "Pod"))
		add_unit(unit, value);
	else if (slice_is(key, "Volume")) {
		add_unit(unit, value);
		add_item(unit, VOLUMES, value);
	}
}

/* What brings the unit up at boot brings it back too; Restart says after a crash. */
static void read_key(Unit *unit, Slice section, Slice key, Slice value)
{
	if (slice_is(section, "Container") || slice_is(section, "Pod"))
		read_container_key(unit, key, value);
	else if (slice_is(section, "Service") && slice_is(key, "Restart"))
		set(unit, "restart", value);
	else if (slice_is(section, "Service") && slice_is(key, "MemoryMax"))
		set(unit, "mem_limit", value);
	else if (slice_is(section, "Kube") && slice_is(key, "Yaml")) {
		size_t start = (size_t)(value.at - unit->file->bytes.at);
		Node link = graph_add_node(
		        unit->file->builder, NODE_LINK, unit->file->node, value, start, start + value.length);
		graph_add(unit->file->builder, link, FACT_ROLE, SLICE("config-file"), start, start + value.length);
	}
}

/* A line and those that it goes on in after a backslash. */
static Slice take_line(Slice *rest)
{
	Slice first = {rest->at, 0}, line;
	while (slice_next_line(rest, &line)) {
		first.length = (size_t)(line.at - first.at) + line.length;
		if (!slice_ends(line, "\\"))
			break;
	}
	return first;
}

static void read_lines(Unit *unit)
{
	Slice rest = unit->file->bytes, section = {"", 0};
	for (uint32_t left = MOST_KEYS; rest.length && left;) {
		Slice line = slice_trim(take_line(&rest));
		if (line.length == 0 || line.at[0] == '#' || line.at[0] == ';')
			continue;
		if (line.at[0] == '[') {
			section = slice_sub(line, 1, line.length - slice_ends(line, "]"));
			continue;
		}
		size_t equals = slice_find_byte(line, '=', 0);
		if (equals == SIZE_MAX)
			continue;
		left--;
		read_key(unit, section, slice_trim(slice_sub(line, 0, equals)),
		        slice_trim(slice_sub(line, equals + 1, line.length)));
	}
}

/* ---- the unit ---------------------------------------------------------------------------------------------------- */

static bool is_service(const SourceFile *file)
{
	return slice_ends(file->name, ".container") || slice_ends(file->name, ".pod");
}

static void read_unit(const SourceFile *file)
{
	YamlNode whole = {.start = 0, .end = 0};
	Unit unit = {.file = file, .arena = file->arena, .node = file->node, .at = &whole};
	unit.service = made_map(unit.arena, unit.at);
	graph_add(file->builder, file->node, FACT_FORMAT, SLICE("quadlet"), 0, 0);
	if (is_service(file))
		unit.node = graph_add_node(file->builder, NODE_SERVICE, file->node,
		        slice_sub(file->name, 0, slice_find_byte(file->name, '.', 0)), 0, 0);
	read_lines(&unit);
	for (size_t i = 0; i < G_N_ELEMENTS(unit.lists); i++)
		made_set(unit.arena, unit.service, list_names[i], unit.lists[i]);
	if (is_service(file))
		read_compose_service(file, unit.service, false, unit.node);
}

const Source source_quadlet = {"quadlet", matches, read_unit};
