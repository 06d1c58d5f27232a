/* Names within a compose project: networks, volumes, secrets, configs and services that a service names and that
 * nothing defines. Compose does not start anything of such a project.
 *
 * A project may be more than its file. What is named counts as defined where the file itself says it, or one of its
 * folder or of a folder above, for those are combined by their names or by -f. Where files include or extend each
 * other, and where commands or COMPOSE_FILE list several, any compose file of the repository may be the other part. */
#include "base/near.h"
#include "base/path.h"
#include "rule/extended.h"
#include "rule/rule.h"
#include "rule/search.h"

typedef struct Kind {
	const char *word;
	NodeType type;
	const char *role; /* of a KEY */
} Kind;

static const Kind network = {"network", NODE_COMPOSE_NETWORK, NULL}, volume = {"volume", NODE_VOLUME, NULL},
                  service = {"service", NODE_SERVICE, NULL}, secret = {"secret", NODE_KEY, "secret"},
                  config = {"config", NODE_KEY, "config"};

typedef struct Projects {
	Checker *checker;
	GHashTable *combined;                  /* COMPOSE nodes that are part of more */
	enum { UNASKED, APART, TOGETHER } any; /* whether some command puts several files together */
	bool counting;
	GHashTable *findings; /* of one file: "kind name" to Finding */
	GHashTable *lacking;  /* "kind name" to how many files lack it */
} Projects;

/* So many files with one gap are parts, put together by something that is not seen. */
#define LEAST_PARTS 3

static bool is_of(const Graph *graph, Node node, const Kind *kind)
{
	return graph_node_type(graph, node) == kind->type && (!kind->role || has_role(graph, node, kind->role));
}

static bool defines(const Graph *graph, Node compose, const Kind *kind, Symbol name)
{
	GRAPH_CHILDREN (graph, compose, kind->type, child)
		if (graph_name_symbol(graph, child) == name && is_of(graph, child, kind))
			return true;
	return false;
}

/* ---- which files are one project ------------------------------------------------------------------------ */

static void combine(Projects *projects, Node one, Slice path)
{
	Node other = compose_at(checker_graph(projects->checker), one, path);
	g_hash_table_add(projects->combined, GUINT_TO_POINTER(one));
	if (other)
		g_hash_table_add(projects->combined, GUINT_TO_POINTER(other));
}

static bool takes_several(const Graph *graph, Node command)
{
	uint32_t files = 0;
	bool compose = false;
	Slice last = {"", 0};
	GRAPH_OF (graph, command, FACT_WORD, row) {
		Slice word = graph_symbol_slice(graph, row->object);
		bool file = slice_is(last, "-f") || slice_is(last, "--file") || slice_starts(word, "--file=");
		compose = compose || text_has(word, "compose");
		files += file ? (slice_find_byte(word, '$', 0) != SIZE_MAX || text_has(word, "{{") ? 2 : 1) : 0;
		last = word;
	}
	return compose && files > 1;
}

/* ARGS += $(foreach yml,$(FILES),-f $(yml)), args+=(-f "$file"): a script or Makefile gathers the files of one project.
 */
static bool gathers_files(Slice bytes)
{
	Slice line;
	if (!text_has(bytes, "compose"))
		return false;
	while (slice_next_line(&bytes, &line))
		if ((text_has(line, "foreach") || text_has(line, "+=")) &&
		        (text_has(line, "-f $") || text_has(line, "-f \"$") || text_has(line, "\"-f\"")))
			return true;
	return false;
}

static bool any_gathers_files(const Graph *graph)
{
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		Slice path = slice_from(graph_file_path(graph, file));
		bool script = slice_ends(path, ".sh") || slice_ends(path, "akefile") || slice_ends(path, ".mk") ||
		              slice_find_byte(path_name(path), '.', 0) == SIZE_MAX;
		if (script && gathers_files(graph_file_bytes(graph, file)))
			return true;
	}
	return false;
}

static bool are_put_together(const Graph *graph)
{
	static const char *const words[] = {"COMPOSE_FILE", NULL};
	GRAPH_NODES (graph, NODE_COMMAND, command)
		if (takes_several(graph, command))
			return true;
	return search_any_word(graph, words, NULL, NULL) || any_gathers_files(graph);
}

static void find_combined(Projects *projects)
{
	const Graph *graph = checker_graph(projects->checker);
	GRAPH_EACH (graph, FACT_INCLUDES, row)
		if (graph_node_type(graph, row->subject) == NODE_COMPOSE)
			combine(projects, row->subject, graph_symbol_slice(graph, row->object));
	GRAPH_EACH (graph, FACT_EXTENDS, row) {
		Slice text = graph_symbol_slice(graph, row->object);
		size_t colon = slice_find_byte(text, ':', 0);
		if (colon != SIZE_MAX && colon > 0)
			combine(projects, graph_parent(graph, row->subject), slice_sub(text, 0, colon));
	}
}

/* Asked only where a name is missing, since every file is searched. */
static bool any_together(Projects *projects)
{
	if (projects->any == UNASKED)
		projects->any = are_put_together(checker_graph(projects->checker)) ? TOGETHER : APART;
	return projects->any == TOGETHER;
}

/* The other compose file may stand beside this one when it is started. */
static bool may_be_joined(Projects *projects, Node compose, Node other)
{
	const Graph *graph = checker_graph(projects->checker);
	Slice folder = graph_folder_of(graph, compose), above = graph_folder_of(graph, other);
	return g_hash_table_contains(projects->combined, GUINT_TO_POINTER(compose)) || slice_equal(folder, above) ||
	       path_is_below(folder, above) || any_together(projects);
}

static bool is_defined(Projects *projects, Node compose, const Kind *kind, Symbol name)
{
	const Graph *graph = checker_graph(projects->checker);
	if (defines(graph, compose, kind, name))
		return true;
	GRAPH_NAMED(graph, kind->type, name, node)
	{
		Node other = graph_parent(graph, node);
		if (graph_node_type(graph, other) == NODE_COMPOSE && is_of(graph, node, kind) &&
		        may_be_joined(projects, compose, other))
			return true;
	}
	return false;
}

/* An include that cannot be followed may define anything. */
static bool is_open(const Graph *graph, Node compose)
{
	GRAPH_OF (graph, compose, FACT_INCLUDES, row)
		if (!compose_at(graph, compose, graph_symbol_slice(graph, row->object)))
			return true;
	return false;
}

/* ---- names that nothing defines -------------------------------------------------------------------------- */

static void explain_undefined(Checker *checker, Finding *finding, Node compose, const Kind *kind, Slice name)
{
	const Graph *graph = checker_graph(checker);
	NearSearch search = near_search(name, MIN(near_limit(name), 2));
	g_autoptr(GArray) nodes = g_array_new(FALSE, FALSE, sizeof(Node));
	GRAPH_CHILDREN (graph, compose, kind->type, child) {
		if (!is_of(graph, child, kind))
			continue;
		near_offer(&search, graph_symbol_slice(graph, graph_name_symbol(graph, child)));
		g_array_append_val(nodes, child);
	}
	size_t best = near_result(&search);
	if (best == SIZE_MAX) {
		if (kind->type == NODE_SERVICE)
			set_hint(checker, finding, "add the service, or name one that the file has");
		else
			set_hint(checker, finding,
			        "define it below %ss: at the top level, with external: true if it is made elsewhere",
			        kind->word);
		return;
	}
	Node near = g_array_index(nodes, Node, best);
	add_evidence(checker, finding, graph_place(graph, near), "%s is defined here", graph_name(graph, near));
	set_hint(checker, finding, "write %s", graph_name(graph, near));
	set_because(checker, finding, FIX_VALUE, "it is the only %s of the file with a name so near", kind->word);
}

static void mend_undefined(Checker *checker, Finding *finding, Span place, const char *name)
{
	if (finding->because && finding->hint)
		add_rename(checker, finding, place, name, finding->hint + strlen("write "));
}

/* The list of such names stands in the file twice, which yaml-duplicate-key tells; only the second is read. */
static bool is_listed_twice(const Graph *graph, Node compose, const Kind *kind)
{
	g_autofree char *key = g_strdup_printf("%ss", kind->word);
	GRAPH_CHILDREN (graph, graph_parent(graph, compose), NODE_PROBLEM, problem) {
		const char *doubled = graph_text(graph, problem, FACT_NAME_SPAN);
		if (strcmp(graph_name(graph, problem), "yaml-duplicate-key") == 0 &&
		        (strcmp(doubled, key) == 0 || strcmp(doubled, "services") == 0))
			return true;
	}
	return false;
}

/* The first round counts, the second reports. */
static void note(Projects *projects, const char *key)
{
	gpointer count = g_hash_table_lookup(projects->lacking, key);
	if (g_hash_table_add(projects->findings, g_strdup(key)))
		g_hash_table_insert(projects->lacking, g_strdup(key), GUINT_TO_POINTER(GPOINTER_TO_UINT(count) + 1));
}

static void use(Projects *projects, Node user, const Kind *kind, Symbol symbol, Span place)
{
	Checker *checker = projects->checker;
	const Graph *graph = checker_graph(checker);
	const char *name = graph_symbol_text(graph, symbol);
	Node compose = graph_parent(graph, user);
	if (!*name || is_open_text(name) || strchr(name, '$') || is_defined(projects, compose, kind, symbol) ||
	        is_listed_twice(graph, compose, kind))
		return;
	g_autofree char *key = g_strdup_printf("%s %s", kind->word, name);
	if (projects->counting) {
		note(projects, key);
		return;
	}
	if (GPOINTER_TO_UINT(g_hash_table_lookup(projects->lacking, key)) >= LEAST_PARTS)
		return;
	Finding *finding = g_hash_table_lookup(projects->findings, key);
	if (finding) {
		add_evidence(checker, finding, place, "service %s names it too", graph_name(graph, user));
	} else {
		finding = report(checker, user, place, "service %s names the %s %s, which is not defined",
		        graph_name(graph, user), kind->word, name);
		set_detail(checker, finding, "%s", key);
		explain_undefined(checker, finding, compose, kind, graph_symbol_slice(graph, symbol));
		g_hash_table_insert(projects->findings, g_steal_pointer(&key), finding);
	}
	mend_undefined(checker, finding, place, name);
}

static void check_networks(Projects *projects, Node user)
{
	const Graph *graph = checker_graph(projects->checker);
	GRAPH_OF (graph, user, FACT_NETWORK_NAME, row)
		if (!graph_says(graph, user, FACT_NETWORK_MODE, row->object) &&
		        strcmp(graph_symbol_text(graph, row->object), "default") != 0)
			use(projects, user, &network, row->object, graph_span(graph, row));
	GRAPH_OF (graph, user, FACT_SHARES_NETWORK, row)
		use(projects, user, &service, row->object, graph_span(graph, row));
}

static Node neighbour(const Graph *graph, Node user, Symbol name)
{
	GRAPH_CHILDREN (graph, graph_parent(graph, user), NODE_SERVICE, other)
		if (graph_name_symbol(graph, other) == name)
			return other;
	return NODE_NONE;
}

/* network_mode: container:NAME asks the engine for a container of that name. A service that says no container_name is
 * called PROJECT-SERVICE-1 there. */
static void check_shared_container(Projects *projects, Node user)
{
	static const char start[] = "container:";
	const Graph *graph = checker_graph(projects->checker);
	const Row *row = graph_find(graph, user, FACT_NETWORK_MODE);
	const char *mode = row ? graph_symbol_text(graph, row->object) : "", *name = mode + strlen(start);
	Symbol symbol;
	if (projects->counting || !g_str_has_prefix(mode, start) || is_open_text(name) ||
	        !graph_find_symbol(graph, slice_from(name), &symbol))
		return;
	Rows given = graph_rows_to(graph, FACT_CONTAINER_NAME, symbol);
	Node other = neighbour(graph, user, symbol);
	if (given.at != given.end || !other || graph_has(graph, other, FACT_CONTAINER_NAME))
		return;
	Finding *finding = report(projects->checker, user, graph_span(graph, row),
	        "service %s shares the network of container %s, and compose calls the one of service %s otherwise",
	        graph_name(graph, user), name, name);
	add_evidence(projects->checker, finding, graph_place(graph, other), "it has no container_name");
	set_detail(projects->checker, finding, "%s", mode);
	set_hint(projects->checker, finding, "write service:%s", name);
	set_because(projects->checker, finding, FIX_VALUE, "it is the service of that name in the same file");
	add_rename(projects->checker, finding, graph_span(graph, row), mode,
	        arena_printf(checker_arena(projects->checker), "service:%s", name));
}

static void check_service(Projects *projects, Node user)
{
	const Graph *graph = checker_graph(projects->checker);
	check_networks(projects, user);
	check_shared_container(projects, user);
	GRAPH_CHILDREN (graph, user, NODE_MOUNT, mount)
		if (strcmp(graph_text(graph, mount, FACT_TYPE), "volume") == 0)
			use(projects, user, &volume, graph_name_symbol(graph, mount), graph_place(graph, mount));
	GRAPH_CHILDREN (graph, user, NODE_REFERENCE, reference) {
		Symbol name = graph_name_symbol(graph, reference);
		if (has_role(graph, reference, "secret"))
			use(projects, user, &secret, name, graph_place(graph, reference));
		else if (has_role(graph, reference, "config"))
			use(projects, user, &config, name, graph_place(graph, reference));
	}
	GRAPH_OF (graph, user, FACT_DEPENDS_ON, row)
		if (!graph_says(graph, user, FACT_DEPENDS_OPTIONALLY, row->object))
			use(projects, user, &service, row->object, graph_span(graph, row));
}

static void check_projects(Projects *projects, bool counting)
{
	const Graph *graph = checker_graph(projects->checker);
	projects->counting = counting;
	GRAPH_NODES (graph, NODE_COMPOSE, compose) {
		g_autoptr(GHashTable) findings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
		projects->findings = findings;
		if (is_quiet(graph, compose) || is_open(graph, compose))
			continue;
		GRAPH_CHILDREN (graph, compose, NODE_SERVICE, user)
			check_service(projects, user);
	}
}

static void check_compose_name_undefined(Checker *checker)
{
	g_autoptr(GHashTable) combined = g_hash_table_new(NULL, NULL);
	g_autoptr(GHashTable) lacking = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	Projects projects = {.checker = checker, .combined = combined, .lacking = lacking};
	if (!graph_first_node(checker_graph(checker), NODE_COMPOSE))
		return;
	find_combined(&projects);
	check_projects(&projects, true);
	check_projects(&projects, false);
}

/* ---- what is made elsewhere ----------------------------------------------------------------------------------- */

/* So many names are looked for in all files. */
#define MOST_EXTERNALS 200

/* The name by which the engine knows a network or volume. */
static Symbol real_name(const Graph *graph, Node node)
{
	FactKind kind = graph_node_type(graph, node) == NODE_VOLUME ? FACT_VOLUME_NAME : FACT_NETWORK_NAME;
	Symbol given = graph_symbol(graph, node, kind);
	return given ? given : graph_name_symbol(graph, node);
}

static bool is_of_compose(const Graph *graph, Node node)
{
	return graph_node_type(graph, graph_parent(graph, node)) == NODE_COMPOSE;
}

/* PROJECT_default, which compose makes for each project: one of its name, or in a folder of it. */
static bool is_default_of_project(const Graph *graph, const char *name)
{
	if (!g_str_has_suffix(name, "_default"))
		return false;
	Slice project = {name, strlen(name) - strlen("_default")};
	GRAPH_NODES (graph, NODE_COMPOSE, compose)
		if (slice_is_nocase(project, graph_name(graph, compose)) ||
		        slice_equal(project, path_name(graph_folder_of(graph, compose))))
			return true;
	return false;
}

/* A compose file makes it: by that name, or as PROJECT_KEY. */
static bool is_made_here(const Graph *graph, NodeType type, const char *name)
{
	if (type == NODE_COMPOSE_NETWORK && is_default_of_project(graph, name))
		return true;
	GRAPH_NODES (graph, type, node) {
		if (!is_of_compose(graph, node) || graph_has(graph, node, FACT_EXTERNAL))
			continue;
		const char *made = graph_symbol_text(graph, real_name(graph, node));
		g_autofree char *ending = g_strconcat("_", made, NULL);
		if (strcmp(made, name) == 0 || g_str_has_suffix(name, ending) || is_open_text(made))
			return true;
	}
	return false;
}

/* Every project has a network `PROJECT_default`; without a name the project is called after its folder. */
static bool is_default_network(const Graph *graph, NodeType type, Slice name)
{
	if (type != NODE_COMPOSE_NETWORK || !slice_ends(name, "_default"))
		return false;
	Slice project = slice_sub(name, 0, name.length - strlen("_default"));
	GRAPH_NODES (graph, NODE_COMPOSE, compose) {
		Slice folder = path_name(graph_folder_of(graph, compose));
		if (slice_is_nocase(project, graph_name(graph, compose)) || folder.length == 0 ||
		        (folder.length == project.length &&
		                g_ascii_strncasecmp(folder.at, project.at, folder.length) == 0))
			return true;
	}
	return false;
}

static bool is_no_compose_file(const Graph *graph, uint32_t file, void *data)
{
	return strcmp(graph_text(graph, graph_file_node(graph, file), FACT_FORMAT), "compose") != 0;
}

/* "# docker volume create books", beside the place that names it. */
static bool is_told_by_comment(const Graph *graph, Span word, void *data)
{
	return is_on_comment_line(graph, word) && text_has(graph_line_at(graph, word), "create");
}

/* Somebody is told to make it, or a script, a playbook or a unit does. */
static bool is_spoken_of(const Graph *graph, const char *name)
{
	Span found;
	return search_word(graph, slice_from(name), is_no_compose_file, NULL, NULL, &found) ||
	       search_word(graph, slice_from(name), NULL, is_told_by_comment, NULL, &found);
}

/* The word that tells what it is for stands in the one name and not in the other. */
static bool is_for(const char *name, const char *other, const char *word)
{
	return strlen(word) > 3 && strstr(name, word) && !strstr(other, word);
}

/* home_gitea-data in the folder gitea, near home_gitlab-data: it is called after what uses it, which is no slip. */
static bool is_called_after_project(const Graph *graph, const char *name, const char *other, const GPtrArray *nodes)
{
	for (guint i = 0; i < nodes->len; i++) {
		Node compose = graph_parent(graph, GPOINTER_TO_UINT(nodes->pdata[i]));
		Slice path = slice_from(graph_file_path(graph, graph_file_of(graph, compose)));
		g_autofree char *folder = slice_dup(path_name(path_folder(path)));
		if (is_for(name, other, folder))
			return true;
		GRAPH_CHILDREN (graph, compose, NODE_SERVICE, user)
			if (is_for(name, other, graph_name(graph, user)))
				return true;
	}
	return false;
}

/* Nobody slips in so many files alike. */
#define MOST_SLIPS 2

/* The other name that was probably meant: one that is made here, spoken of, or written by more files. */
static Node near_external(const Graph *graph, NodeType type, const char *name, GHashTable *uses)
{
	const GPtrArray *own = g_hash_table_lookup(uses, name);
	if (own && own->len > MOST_SLIPS)
		return NODE_NONE;
	NearSearch search = near_search(slice_from(name), MIN(near_limit(slice_from(name)), strlen(name) < 8 ? 1 : 2));
	g_autoptr(GArray) nodes = g_array_new(FALSE, FALSE, sizeof(Node));
	GRAPH_NODES (graph, type, node) {
		if (!is_of_compose(graph, node) || is_quiet(graph, node) || real_name(graph, node) == 0)
			continue;
		const char *other = graph_symbol_text(graph, real_name(graph, node));
		const GPtrArray *users = g_hash_table_lookup(uses, other);
		if (strcmp(other, name) == 0 || (graph_has(graph, node, FACT_EXTERNAL) && (!users || users->len < 2)))
			continue;
		near_offer(&search, slice_from(other));
		g_array_append_val(nodes, node);
	}
	size_t best = near_result(&search);
	return best == SIZE_MAX ? NODE_NONE : g_array_index(nodes, Node, best);
}

static Span name_place(const Graph *graph, Node node)
{
	FactKind kind = graph_node_type(graph, node) == NODE_VOLUME ? FACT_VOLUME_NAME : FACT_NETWORK_NAME;
	const Row *given = graph_find(graph, node, kind);
	return given ? graph_span(graph, given) : graph_place(graph, node);
}

static void report_external(Checker *checker, const char *word, const char *name, const GPtrArray *nodes, Node near)
{
	const Graph *graph = checker_graph(checker);
	Node first = GPOINTER_TO_UINT(nodes->pdata[0]);
	Finding *finding = report_at(checker, near ? LEVEL_ERROR : LEVEL_WARNING, first, name_place(graph, first),
	        "%s '%s' is external, and nothing in this repository makes it or speaks of it", word, name);
	set_detail(checker, finding, "%s %s", word, name);
	for (guint i = 1; i < MIN(nodes->len, 20); i++)
		add_evidence(checker, finding, name_place(graph, GPOINTER_TO_UINT(nodes->pdata[i])), "named here too");
	if (!near) {
		set_hint(checker, finding, "say where it is made: a line `docker %s create %s` in a script or document",
		        word, name);
		return;
	}
	const char *meant = graph_symbol_text(graph, real_name(graph, near));
	add_evidence(checker, finding, name_place(graph, near), "the nearest name is '%s'", meant);
	set_hint(checker, finding, "write %s", meant);
	if (!graph_find(graph, first, FACT_NETWORK_NAME) && !graph_find(graph, first, FACT_VOLUME_NAME))
		return; /* its key stands at every service that uses it */
	set_because(checker, finding, FIX_VALUE, "no other name is so near");
	for (guint i = 0; i < nodes->len; i++)
		add_rename(checker, finding, name_place(graph, GPOINTER_TO_UINT(nodes->pdata[i])), name, meant);
}

/* More names than so many are their owner's habit: one decision, and not one for each. */
#define FEW_EXTERNALS 3
#define MOST_TOLD 40

static void report_many(Checker *checker, const char *word, const GPtrArray *lost, GHashTable *uses)
{
	const Graph *graph = checker_graph(checker);
	Finding *finding = NULL;
	for (guint i = 0; i < lost->len; i++) {
		const GPtrArray *nodes = g_hash_table_lookup(uses, lost->pdata[i]);
		Node first = GPOINTER_TO_UINT(nodes->pdata[0]);
		if (!finding)
			finding = report(checker, first, name_place(graph, first),
			        "%u %ss are external, and nothing in this repository makes them or speaks of them",
			        lost->len, word);
		if (i < MOST_TOLD)
			add_evidence(checker, finding, name_place(graph, first), "%s '%s'", word,
			        (const char *)lost->pdata[i]);
	}
	set_detail(checker, finding, "%ss", word);
	set_hint(checker, finding, "say where they are made: lines `docker %s create NAME` in a script or document",
	        word);
}

/* Compose asks for nothing that no service of the file takes. */
static bool is_taken(const Graph *graph, Node node)
{
	Node compose = graph_parent(graph, node);
	Symbol name = graph_name_symbol(graph, node);
	bool kept = graph_node_type(graph, node) == NODE_VOLUME;
	if (!graph_first_child(graph, compose, NODE_SERVICE) || strcmp(graph_name(graph, node), "default") == 0)
		return true;
	GRAPH_CHILDREN (graph, compose, NODE_SERVICE, user) {
		if (graph_says(graph, user, FACT_NETWORK_NAME, name) || graph_has(graph, user, FACT_EXTENDS))
			return true;
		GRAPH_CHILDREN (graph, user, NODE_MOUNT, mount)
			if (kept && graph_name_symbol(graph, mount) == name)
				return true;
	}
	return false;
}

static void check_externals(Checker *checker, const char *word, NodeType type)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) uses =
	        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_ptr_array_unref);
	g_autoptr(GPtrArray) names = g_ptr_array_new(), lost = g_ptr_array_new();
	GRAPH_NODES (graph, type, node) {
		if (!is_of_compose(graph, node) || !graph_has(graph, node, FACT_EXTERNAL) || is_quiet(graph, node) ||
		        !is_taken(graph, node))
			continue;
		const char *name = graph_symbol_text(graph, real_name(graph, node));
		GPtrArray *nodes = g_hash_table_lookup(uses, name);
		if (!nodes) {
			g_hash_table_insert(uses, (gpointer)name, nodes = g_ptr_array_new());
			g_ptr_array_add(names, (gpointer)name);
		}
		g_ptr_array_add(nodes, GUINT_TO_POINTER(node));
	}
	for (guint i = 0; i < MIN(names->len, MOST_EXTERNALS); i++) {
		const char *name = names->pdata[i];
		if (is_open_text(name) || strchr(name, '$') || is_made_here(graph, type, name) ||
		        is_spoken_of(graph, name) || is_default_network(graph, type, slice_from(name)))
			continue;
		const GPtrArray *nodes = g_hash_table_lookup(uses, name);
		Node near = near_external(graph, type, name, uses);
		if (near &&
		        !is_called_after_project(graph, name, graph_symbol_text(graph, real_name(graph, near)), nodes))
			report_external(checker, word, name, nodes, near);
		else
			g_ptr_array_add(lost, (gpointer)name);
	}
	if (lost->len > FEW_EXTERNALS) {
		report_many(checker, word, lost, uses);
		return;
	}
	for (guint i = 0; i < lost->len; i++)
		report_external(checker, word, lost->pdata[i], g_hash_table_lookup(uses, lost->pdata[i]), NODE_NONE);
}

static void check_compose_external_missing(Checker *checker)
{
	check_externals(checker, "network", NODE_COMPOSE_NETWORK);
	check_externals(checker, "volume", NODE_VOLUME);
}

static const Rule rules[] = {
        {
                .id = "compose-name-undefined",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a service names what its compose file does not define",
                .why = "Compose reads the whole project before it starts anything: with one network, volume, secret, "
                       "config or service that is not defined, nothing of the file comes up, also after the next boot.",
                .remedy = "Correct the name, or define it at the top level of the file; what another project or "
                          "a person makes is `external: true`.",
                .peers = "docker compose config: refers to undefined network, volume, secret, config",
                .check = check_compose_name_undefined,
        },
        {
                .id = "compose-external-missing",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "an external network or volume that nobody makes",
                .why = "Compose makes no external network or volume, and starts nothing of a project that lacks one. "
                       "On "
                       "the machine that runs it is there; whoever sets up another one finds out.",
                .remedy = "Correct the name, let one of the projects make it, or say in a script or document how it is "
                          "made.",
                .check = check_compose_external_missing,
        },
};

const RuleSet rules_project = {"project", rules, G_N_ELEMENTS(rules)};
