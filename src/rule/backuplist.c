/* Scripts that back volumes up by name, against the volumes that compose files have.
 *
 * A script that names mostly volumes of this repository means one of it with each name: one that no file has was
 * renamed or is gone, and most such scripts step over it with a word that nobody reads. */
#include "base/near.h"
#include "base/path.h"
#include "rule/rule.h"
#include "rule/search.h"

#include <string.h>

typedef struct Named {
	Slice name;
	Span span;
} Named;

/* More names than this are no list that somebody wrote. */
#define MOST_NAMED 500
/* So many names of a script must be volumes of the repository, and as many as are not. */
#define LEAST_KNOWN 2

/* ---- what a script names ----------------------------------------------------------------------------------------- */

static bool is_backup_script(const Graph *graph, uint32_t file)
{
	Slice path = slice_from(graph_file_path(graph, file));
	return (slice_ends(path, ".sh") || slice_ends(path, ".bash")) &&
	       text_has(graph_file_bytes(graph, file), "ackup");
}

static bool is_volume_name(Slice name)
{
	for (size_t i = 0; i < name.length; i++)
		if (!g_ascii_isalnum(name.at[i]) && !strchr("-_.", name.at[i]))
			return false;
	return name.length > 2 && g_ascii_isalnum(name.at[0]);
}

static void add_named(GArray *named, uint32_t file, Slice bytes, Slice word)
{
	while (word.length && strchr("\"'", word.at[0]))
		word = slice_sub(word, 1, word.length);
	while (word.length && strchr("\"';", word.at[word.length - 1]))
		word.length--;
	uint32_t start = (uint32_t)(word.at - bytes.at);
	Named one = {word, {file, start, start + (uint32_t)word.length}};
	if (is_volume_name(word) && named->len < MOST_NAMED)
		g_array_append_val(named, one);
}

/* The words of a line up to its comment, or to the parenthesis that ends a list: true where that is met. */
static bool add_words(GArray *named, uint32_t file, Slice bytes, Slice text)
{
	Slice word;
	size_t end = MIN(slice_find_byte(text, ')', 0), slice_find(text, "#", 0));
	bool ends = end < text.length && text.at[end] == ')';
	text = slice_sub(text, 0, MIN(end, text.length));
	while (slice_next_word(&text, &word)) {
		if (slice_is(word, "do") || slice_is(word, ";"))
			break;
		add_named(named, file, bytes, word);
	}
	return ends;
}

static bool speaks_of_volumes(Slice name)
{
	g_autofree char *lower = g_ascii_strdown(name.at, (gssize)MIN(name.length, 80));
	return strstr(lower, "volume") || strcmp(lower, "vol") == 0 || strcmp(lower, "vols") == 0;
}

/* `VOLUMES=(a b`, `for volume in a b; do`: what stands behind; at is NULL in any other line. */
static Slice list_behind(Slice text, bool *ret_array)
{
	static const char *const before[] = {"declare -a ", "local ", "readonly ", "for "};
	for (size_t i = 0; i < G_N_ELEMENTS(before); i++)
		if (slice_starts(text, before[i]))
			text = slice_sub(text, strlen(before[i]), text.length);
	size_t array = slice_find(text, "=(", 0), loop = slice_find(text, " in ", 0);
	*ret_array = array != SIZE_MAX;
	if (*ret_array && speaks_of_volumes(slice_sub(text, 0, array)))
		return slice_sub(text, array + 2, text.length);
	if (loop != SIZE_MAX && slice_find_byte(slice_sub(text, 0, loop), ' ', 0) == SIZE_MAX &&
	        speaks_of_volumes(slice_sub(text, 0, loop)))
		return slice_sub(text, loop + 4, text.length);
	return (Slice){NULL, 0};
}

/* `-v name:/path` of a container that copies. */
static void add_mounted(GArray *named, uint32_t file, Slice bytes, Slice line)
{
	Slice word, last = {"", 0};
	while (slice_next_word(&line, &word)) {
		size_t colon = slice_find(word, ":/", 0);
		if ((slice_is(last, "-v") || slice_is(last, "--volume")) && colon != SIZE_MAX)
			add_named(named, file, bytes, slice_sub(word, 0, colon));
		last = word;
	}
}

static GArray *named_volumes(const Graph *graph, uint32_t file)
{
	GArray *named = g_array_new(FALSE, FALSE, sizeof(Named));
	Slice bytes = graph_file_bytes(graph, file), rest = bytes, line;
	bool open = false;
	while (slice_next_line(&rest, &line)) {
		Slice text = slice_trim(line), list = {NULL, 0};
		bool array = false;
		if (slice_starts(text, "#"))
			continue;
		if (open)
			list = text;
		else
			list = list_behind(text, &array);
		if (list.at) {
			bool ended = add_words(named, file, bytes, list);
			open = (open || array) && !ended;
		} else {
			add_mounted(named, file, bytes, line);
		}
	}
	return named;
}

/* ---- what there is ----------------------------------------------------------------------------------------------- */

static bool is_called(const Graph *graph, Node volume, Slice name)
{
	Slice key = graph_symbol_slice(graph, graph_name_symbol(graph, volume));
	const char *given = graph_text(graph, volume, FACT_VOLUME_NAME);
	bool prefixed = name.length > key.length + 1 && name.at[name.length - key.length - 1] == '_' &&
	                memcmp(name.at + name.length - key.length, key.at, key.length) == 0;
	return slice_equal(key, name) || prefixed || slice_is(name, given);
}

static bool is_of_compose(const Graph *graph, Node volume)
{
	return graph_node_type(graph, graph_parent(graph, volume)) == NODE_COMPOSE;
}

static bool is_volume(const Graph *graph, Slice name)
{
	GRAPH_NODES (graph, NODE_VOLUME, volume)
		if (is_of_compose(graph, volume) && is_called(graph, volume, name))
			return true;
	return false;
}

static bool is_elsewhere(const Graph *graph, uint32_t file, void *data)
{
	return file != *(const uint32_t *)data && !slice_ends(slice_from(graph_file_path(graph, file)), ".md") &&
	       !is_backup_script(graph, file);
}

/* Nothing but such scripts and documents has the word: it is no volume that something else makes. */
static bool is_unknown(const Graph *graph, const Named *named)
{
	uint32_t file = named->span.file;
	Span found;
	return !is_volume(graph, named->name) && !search_word(graph, named->name, is_elsewhere, NULL, &file, &found);
}

static bool is_named(const GArray *named, Slice name)
{
	for (guint i = 0; i < named->len; i++)
		if (slice_equal(g_array_index(named, Named, i).name, name))
			return true;
	return false;
}

static Slice first_word(Slice name)
{
	size_t end = 0;
	while (end < name.length && !strchr("-_.", name.at[end]))
		end++;
	return slice_sub(name, 0, end);
}

/* A volume that the script does not name: the one with a name so near, else the only one that begins with its word. */
static Node meant_volume(const Graph *graph, const GArray *named, Slice name)
{
	NearSearch search = near_search(name, MIN(near_limit(name), 2));
	g_autoptr(GArray) nodes = g_array_new(FALSE, FALSE, sizeof(Node));
	Node alike = NODE_NONE;
	uint32_t count = 0;
	GRAPH_NODES (graph, NODE_VOLUME, volume) {
		Slice key = graph_symbol_slice(graph, graph_name_symbol(graph, volume));
		if (!is_of_compose(graph, volume) || is_quiet(graph, volume) || is_named(named, key))
			continue;
		near_offer(&search, key);
		g_array_append_val(nodes, volume);
		if (slice_equal(first_word(key), first_word(name))) {
			alike = volume;
			count++;
		}
	}
	size_t best = near_result(&search);
	if (best != SIZE_MAX)
		return g_array_index(nodes, Node, best);
	return count == 1 ? alike : NODE_NONE;
}

/* The service that the volume is called after, and what it mounts now; false where there is none. */
static bool add_service(Checker *checker, Finding *finding, Slice name)
{
	const Graph *graph = checker_graph(checker);
	Symbol symbol;
	if (!graph_find_symbol(graph, name, &symbol))
		return false;
	GRAPH_NAMED(graph, NODE_SERVICE, symbol, service)
	{
		Node mount = graph_first_child(graph, service, NODE_MOUNT);
		if (!mount || is_quiet(graph, service))
			continue;
		add_evidence(checker, finding, graph_place(graph, mount), "service %s mounts this",
		        graph_name(graph, service));
		set_hint(checker, finding, "back up what service %s mounts now, and take the name out",
		        graph_name(graph, service));
		return true;
	}
	return false;
}

static void report_gone(Checker *checker, const GArray *all, const Named *named)
{
	const Graph *graph = checker_graph(checker);
	Finding *finding = report(checker, graph_file_node(graph, named->span.file), named->span,
	        "the backup takes the volume %.*s, which no compose file has", SLICE_ARGS(named->name));
	set_detail(checker, finding, "%.*s", SLICE_ARGS(named->name));
	Node meant = meant_volume(graph, all, named->name);
	if (!meant) {
		if (!add_service(checker, finding, first_word(named->name)))
			finding->level = LEVEL_INFO; /* nothing that is here lacks its copy */
		return;
	}
	add_evidence(checker, finding, graph_place(graph, meant), "%s is not backed up here", graph_name(graph, meant));
	set_hint(checker, finding, "write %s, if that is what it is called now", graph_name(graph, meant));
}

/* Each name that is no volume is looked for in all files. */
#define MOST_STRANGE 20

static void check_script(Checker *checker, uint32_t file)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GArray) named = named_volumes(graph, file);
	g_autoptr(GArray) strange = g_array_new(FALSE, FALSE, sizeof(Named));
	g_autoptr(GArray) gone = g_array_new(FALSE, FALSE, sizeof(Named));
	guint known = 0;
	for (guint i = 0; i < named->len; i++) {
		const Named *one = &g_array_index(named, Named, i);
		bool volume = is_volume(graph, one->name);
		known += volume;
		if (!volume && !is_named(strange, one->name))
			g_array_append_val(strange, *one);
	}
	if (known < LEAST_KNOWN || strange->len > MOST_STRANGE)
		return;
	for (guint i = 0; i < strange->len; i++)
		if (is_unknown(graph, &g_array_index(strange, Named, i)))
			g_array_append_val(gone, g_array_index(strange, Named, i));
	for (guint i = 0; i < gone->len && known >= gone->len; i++)
		report_gone(checker, named, &g_array_index(gone, Named, i));
}

static void check_backup_volume_missing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	if (!graph_first_node(graph, NODE_COMPOSE))
		return;
	for (uint32_t file = 0; file < graph_files(graph); file++)
		if (!is_quiet(graph, graph_file_node(graph, file)) && is_backup_script(graph, file))
			check_script(checker, file);
}

static const Rule rules[] = {
        {
                .id = "backup-volume-missing",
                .level = LEVEL_WARNING,
                .title = "a backup names a volume that does not exist",
                .why = "The script steps over it, or an engine makes an empty volume of that name and backs that up. "
                       "What the volume became is in no backup, and that is found out on the day it is needed.",
                .remedy = "Write the name that the compose file has now, or take it out of the list.",
                .check = check_backup_volume_missing,
        },
};

const RuleSet rules_backuplist = {"backuplist", rules, G_N_ELEMENTS(rules)};
