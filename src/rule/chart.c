/* Values that a chart of this repository does not have. Helm takes any key and says nothing of those that no template
 * reads. What a chart knows is what its values.yaml has and its templates read; a map that a template takes as a whole
 * (toYaml, with, range) is open, and so is all of a chart that hands its values on, or has dependencies, whose
 * templates read them too. A finding needs one near name that is known there and not set. */
#include "base/near.h"
#include "base/path.h"
#include "rule/rule.h"

typedef struct Chart {
	const Graph *graph;
	Slice folder;
	Node values;            /* FILE of values.yaml, or NODE_NONE */
	const GPtrArray *takes; /* Row: what its templates read, or NULL */
	GHashTable *reads;      /* paths that templates read */
	GHashTable *parents;    /* and all that is above one of them */
	GHashTable *declared;   /* paths of values.yaml */
} Chart;

static GHashTable *new_set(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static void chart_clear(Chart *chart)
{
	g_hash_table_unref(chart->reads);
	g_hash_table_unref(chart->parents);
	g_hash_table_unref(chart->declared);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Chart, chart_clear)

/* Number of bytes before the last name: 0 for one at the top. */
static size_t parent_length(const char *path)
{
	const char *dot = strrchr(path, '.');
	return dot ? (size_t)(dot - path) : 0;
}

static void add_read(Chart *chart, const char *path)
{
	g_hash_table_add(chart->reads, g_strdup(path));
	for (size_t end = parent_length(path); end;) {
		char *above = g_strndup(path, end);
		end = parent_length(above);
		g_hash_table_add(chart->parents, above);
	}
}

static bool has_dependencies(const Graph *graph, Node chart_file, Slice folder)
{
	g_autofree char *below = g_strdup_printf("%.*s%scharts", SLICE_ARGS(folder), folder.length ? "/" : "");
	return slice_find(graph_file_bytes(graph, graph_file_of(graph, chart_file)), "dependencies:", 0) != SIZE_MAX ||
	       graph_has_folder(graph, slice_from(below));
}

/* False for a chart of which not all is known. */
static bool read_chart(Chart *chart, Node chart_file)
{
	const Graph *graph = chart->graph;
	g_autofree char *values =
	        g_strdup_printf("%.*s%svalues.yaml", SLICE_ARGS(chart->folder), chart->folder.length ? "/" : "");
	if (has_dependencies(graph, chart_file, chart->folder))
		return false;
	for (guint i = 0; chart->takes && i < chart->takes->len; i++)
		add_read(chart, graph_symbol_text(graph, ((const Row *)chart->takes->pdata[i])->object));
	chart->values = graph_find_file(graph, slice_from(values));
	GRAPH_OF (graph, chart->values, FACT_SETS_VALUE, row)
		g_hash_table_add(chart->declared, g_strdup(graph_symbol_text(graph, row->object)));
	return g_hash_table_size(chart->reads) > 0 && !g_hash_table_contains(chart->reads, "*");
}

/* A template takes the value itself, something below it, or a whole map that it is in. */
static bool is_read(const Chart *chart, const char *path)
{
	if (g_hash_table_contains(chart->parents, path))
		return true;
	g_autofree char *at = g_strdup(path);
	for (;;) {
		if (g_hash_table_contains(chart->reads, at))
			return true;
		size_t end = parent_length(at);
		if (end == 0)
			return false;
		at[end] = '\0';
	}
}

typedef struct Setting {
	const Chart *chart;
	Node subject; /* the values file, release or entry that sets it */
	const char *path;
	bool own; /* in the chart's own values.yaml */
} Setting;

static bool is_set_there(const Setting *setting, const char *path)
{
	Symbol symbol;
	return graph_find_symbol(setting->chart->graph, slice_from(path), &symbol) &&
	       graph_says(setting->chart->graph, setting->subject, FACT_SETS_VALUE, symbol);
}

static void offer(const Setting *setting, GHashTable *paths, NearSearch *search)
{
	size_t above = parent_length(setting->path);
	GHashTableIter iter;
	gpointer key;
	g_hash_table_iter_init(&iter, paths);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		const char *path = key;
		if (parent_length(path) == above && strncmp(path, setting->path, above) == 0 &&
		        !is_set_there(setting, path) && is_read(setting->chart, path))
			near_offer(search, slice_from(path + above + (above > 0)));
	}
}

/* The one name at that place which was probably meant; NULL where there is none. Free with g_free. */
static char *find_near(const Setting *setting)
{
	size_t above = parent_length(setting->path);
	Slice name = slice_from(setting->path + above + (above > 0));
	NearSearch search = near_search(name, MIN(near_limit(name), 2));
	offer(setting, setting->chart->reads, &search);
	offer(setting, setting->chart->parents, &search);
	if (!setting->own)
		offer(setting, setting->chart->declared, &search);
	return near_result(&search) == SIZE_MAX ? NULL : slice_dup(search.best);
}

static bool is_known(const Setting *setting)
{
	const Chart *chart = setting->chart;
	size_t above = parent_length(setting->path);
	g_autofree char *parent = g_strndup(setting->path, above);
	if (g_str_has_prefix(setting->path, "global.") || strcmp(setting->path, "global") == 0)
		return true;
	/* Below what is not known, the finding is that of the map. */
	if (above && !g_hash_table_contains(chart->parents, parent))
		return true;
	return is_read(chart, setting->path) ||
	       (!setting->own && g_hash_table_contains(chart->declared, setting->path));
}

static void check_setting(Checker *checker, const Setting *setting, const Row *row)
{
	const Graph *graph = setting->chart->graph;
	size_t above = parent_length(setting->path);
	const char *name = setting->path + above + (above > 0);
	if (strlen(name) < 4 || is_known(setting))
		return;
	g_autofree char *near = find_near(setting);
	if (!near)
		return;
	Finding *finding = report(checker, setting->subject, graph_span(graph, row),
	        "no template of the chart reads '%s'; it knows '%.*s%s%s'", setting->path, (int)above, setting->path,
	        above ? "." : "", near);
	g_autofree char *meant = g_strdup_printf("%.*s%s%s", (int)above, setting->path, above ? "." : "", near);
	for (guint i = 0; i < setting->chart->takes->len; i++) {
		const Row *read = setting->chart->takes->pdata[i];
		if (g_str_has_prefix(graph_symbol_text(graph, read->object), meant)) {
			add_evidence(checker, finding, graph_span(graph, read), "a template reads %s",
			        graph_symbol_text(graph, read->object));
			break;
		}
	}
	set_detail(checker, finding, "%s", setting->path);
	set_because(checker, finding, FIX_VALUE, "'%s' is the one key there that is nearly so called", near);
	add_rename(checker, finding, graph_span(graph, row), name, near);
}

static void check_settings(Checker *checker, const Chart *chart, Node subject)
{
	if (is_quiet(chart->graph, subject))
		return;
	GRAPH_OF (chart->graph, subject, FACT_SETS_VALUE, row) {
		Setting setting = {
		        chart, subject, graph_symbol_text(chart->graph, row->object), subject == chart->values};
		check_setting(checker, &setting, row);
	}
}

/* Values files beside the chart, and what releases give to it. */
static void check_chart(Checker *checker, const Chart *chart, Node chart_file, const GPtrArray *files)
{
	const Graph *graph = chart->graph;
	for (guint i = 0; files && i < files->len; i++)
		check_settings(checker, chart, GPOINTER_TO_UINT(files->pdata[i]));
	GRAPH_TO (graph, FACT_REFERS_TO, chart_file, row)
		if (has_role(graph, row->subject, "path"))
			check_settings(checker, chart, row->subject);
		else if (has_role(graph, row->subject, "chart"))
			check_settings(checker, chart, graph_parent(graph, row->subject));
}

static void add_to(GHashTable *folders, Slice folder, gpointer item)
{
	char *key = slice_dup(folder);
	GPtrArray *list = g_hash_table_lookup(folders, key);
	if (list) {
		g_free(key);
	} else {
		list = g_ptr_array_new();
		g_hash_table_insert(folders, key, list);
	}
	g_ptr_array_add(list, item);
}

/* The folder that a template's templates/ stands in. */
static Slice chart_folder(Slice path)
{
	size_t at = slice_find(path, "/templates/", 0);
	return slice_sub(path, 0, at == SIZE_MAX ? 0 : at);
}

static GHashTable *new_folders(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
}

static void check_chart_values_unknown(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) takes = new_folders(), values = new_folders();
	Node last = NODE_NONE;
	GRAPH_EACH (graph, FACT_READS_VALUE, row)
		add_to(takes, chart_folder(slice_from(graph_name(graph, row->subject))), (gpointer)row);
	GRAPH_EACH (graph, FACT_SETS_VALUE, row)
		if (row->subject != last && graph_node_type(graph, row->subject) == NODE_FILE) {
			last = row->subject;
			add_to(values, path_folder(slice_from(graph_name(graph, last))), GUINT_TO_POINTER(last));
		}
	GRAPH_NODES (graph, NODE_FILE, file) {
		Slice path = slice_from(graph_name(graph, file));
		if (!slice_is(path_name(path), "Chart.yaml") || is_quiet(graph, file))
			continue;
		g_autofree char *folder = slice_dup(path_folder(path));
		g_auto(Chart) chart = {.graph = graph,
		        .folder = path_folder(path),
		        .takes = g_hash_table_lookup(takes, folder),
		        .reads = new_set(),
		        .parents = new_set(),
		        .declared = new_set()};
		if (read_chart(&chart, file))
			check_chart(checker, &chart, file, g_hash_table_lookup(values, folder));
	}
}

/* ---- app-template ---------------------------------------------------------------------------------------------- */

/* The newest version whose keys are all known. */
#define LAST_KNOWN 401

/* Version of the chart that a release takes by reference, as 401 for 4.1, or 0; false where it is another chart, or
 * several sources of that name differ. */
static bool referred_version(const Graph *graph, Node reference, uint32_t *ret_version)
{
	Symbol kind = graph_symbol(graph, reference, FACT_WANTS_KIND);
	bool found = false;
	GRAPH_NAMED(graph, NODE_OBJECT, graph_name_symbol(graph, reference), source)
	{
		if (graph_symbol(graph, source, FACT_KIND) != kind)
			continue;
		const char *url = graph_text(graph, source, FACT_REPOSITORY);
		uint32_t version = graph_number(graph, source, FACT_CHART_VERSION);
		if (!g_str_has_suffix(url, "/app-template") &&
		        strcmp(graph_text(graph, source, FACT_CHART), "app-template") != 0)
			return false;
		if (found && version != *ret_version)
			version = 0;
		*ret_version = version;
		found = true;
	}
	return found;
}

/* False where the values are not known to be those of app-template. */
static bool template_version(const Graph *graph, Node release, uint32_t *ret_version)
{
	*ret_version = graph_number(graph, release, FACT_CHART_VERSION);
	GRAPH_CHILDREN (graph, release, NODE_REFERENCE, reference)
		if (has_role(graph, reference, "chart-ref"))
			return referred_version(graph, reference, ret_version);
	return true;
}

static bool is_mount(const char *what)
{
	return strcmp(what, "container") == 0;
}

static void check_chart_identifier_missing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Symbol name;
	if (!graph_find_symbol(graph, SLICE("chart-identifier"), &name))
		return;
	GRAPH_NAMED(graph, NODE_PROBLEM, name, problem)
	{
		if (graph_has(graph, graph_parent(graph, problem), FACT_MISREAD))
			continue;
		const char *what = graph_text(graph, problem, FACT_MESSAGE),
		           *value = graph_text(graph, problem, FACT_VALUE);
		const char *near = graph_text(graph, problem, FACT_NEAR);
		uint32_t version;
		/* From version 5 on the chart makes an account of its own accord. */
		if (strcmp(what, "ServiceAccount") == 0 &&
		        template_version(graph, graph_parent(graph, problem), &version) &&
		        (version == 0 || version >= 500))
			continue;
		bool left = is_mount(what) && !*near; /* by a container that is gone: the chart leaves them out */
		Finding *finding = report_at(checker, left ? LEVEL_WARNING : LEVEL_ERROR, graph_parent(graph, problem),
		        graph_place(graph, problem),
		        is_mount(what) ? "these mounts are for the %s %s, which the controller does not have"
		                       : "the values name the %s %s, which they do not define",
		        what, value);
		set_detail(checker, finding, "%s %s", what, value);
		if (!*near)
			continue;
		set_hint(checker, finding, "write %s", near);
		set_because(checker, finding, FIX_VALUE, "there is no other so near");
		add_rename(checker, finding, graph_place(graph, problem), value, near);
	}
}

static void check_chart_number_rounded(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Symbol name;
	if (!graph_find_symbol(graph, SLICE("chart-number"), &name))
		return;
	GRAPH_NAMED(graph, NODE_PROBLEM, name, problem)
	{
		if (graph_has(graph, graph_parent(graph, problem), FACT_MISREAD))
			continue;
		const char *value = graph_text(graph, problem, FACT_VALUE);
		Span place = graph_place(graph, problem);
		Finding *finding = report(checker, graph_parent(graph, problem), place,
		        "the program is given %s in place of %s", graph_text(graph, problem, FACT_MESSAGE), value);
		set_detail(checker, finding, "%s", value);
		set_hint(checker, finding, "quote it");
		if (!slice_is(graph_span_bytes(graph, place), value))
			continue;
		set_because(checker, finding, FIX_SAFE, "a text is given on as it is written");
		add_edit(checker, finding, place, slice_from(arena_printf(checker_arena(checker), "\"%s\"", value)));
	}
}

typedef struct WrongKey {
	Node problem;
	uint32_t version; /* of the chart, or 0 */
	const char *key, *near, *map;
} WrongKey;

/* The chart refuses it, or takes it and does nothing with it; nothing is said where neither is sure. */
static bool is_wrong_key(const Graph *graph, const WrongKey *wrong, bool *ret_refused)
{
	uint32_t since = graph_number(graph, wrong->problem, FACT_KNOWN_SINCE);
	uint32_t before = graph_number(graph, wrong->problem, FACT_KNOWN_BEFORE);
	bool open = graph_has(graph, wrong->problem, FACT_OPTIONAL);
	bool never = !since && !before, listed = wrong->version >= 300 && wrong->version <= LAST_KNOWN;
	bool gone = before && wrong->version >= before;
	*ret_refused = !open && (gone || (listed && (never || wrong->version < since)));
	return *ret_refused || gone || (never && *wrong->near);
}

/* All that a release runs stands below this key. */
static bool is_all_it_runs(const Graph *graph, const WrongKey *wrong)
{
	if (strcmp(wrong->near, "controllers") != 0 || strcmp(wrong->map, "the values") != 0)
		return false;
	GRAPH_CHILDREN (graph, graph_parent(graph, wrong->problem), NODE_REFERENCE, reference)
		if (has_role(graph, reference, "values"))
			return false;
	return true;
}

static void report_key(Checker *checker, const WrongKey *wrong)
{
	const Graph *graph = checker_graph(checker);
	uint32_t before = graph_number(graph, wrong->problem, FACT_KNOWN_BEFORE), version = wrong->version;
	Span place = graph_place(graph, wrong->problem);
	bool refused, all = is_all_it_runs(graph, wrong);
	if (!is_wrong_key(graph, wrong, &refused))
		return;
	const char *so = refused ? " and refuses these values" : all ? " and runs nothing of what stands there" : "";
	g_autofree char *number = version ? g_strdup_printf(" %u.%u", version / 100, version % 100) : g_strdup("");
	Finding *finding = report_at(checker, *so ? LEVEL_ERROR : LEVEL_WARNING, graph_parent(graph, wrong->problem),
	        place, "app-template%s has no key '%s' in %s%s", number, wrong->key, wrong->map, so);
	set_detail(checker, finding, "%s in %s", wrong->key, wrong->map);
	if (before && version >= before)
		set_hint(checker, finding, "version %u.%u took it out; read how that version says it", before / 100,
		        before % 100);
	if (!*wrong->near)
		return;
	set_hint(checker, finding, "did you mean '%s'?", wrong->near);
	set_because(checker, finding, FIX_VALUE, "'%s' is the one key there that is nearly so called", wrong->near);
	add_rename(checker, finding, place, wrong->key, wrong->near);
}

static void check_chart_key_unknown(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Symbol name;
	if (!graph_find_symbol(graph, SLICE("chart-key"), &name))
		return;
	GRAPH_NAMED(graph, NODE_PROBLEM, name, problem)
	{
		WrongKey wrong = {problem, 0, graph_text(graph, problem, FACT_VALUE),
		        graph_text(graph, problem, FACT_NEAR), graph_text(graph, problem, FACT_MESSAGE)};
		if (template_version(graph, graph_parent(graph, problem), &wrong.version))
			report_key(checker, &wrong);
	}
}

static const Rule rules[] = {
        {
                .id = "chart-identifier-missing",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "values of app-template name a part that they do not define",
                .why = "Parts of these values name each other by their keys. A Service for a controller that is not "
                       "there stops the whole release, and the one before stays in use; mounts for a container that "
                       "is not there are left out without a word.",
                .remedy = "Write the key of the part, or turn it on.",
                .check = check_chart_identifier_missing,
        },
        {
                .id = "chart-key-unknown",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a key that app-template does not have",
                .why = "Since its version 3 this chart lists the keys that it takes in most places: one that is "
                       "misspelt, or of another version, stops the whole release, and the one before stays in use. "
                       "Where others are taken, nothing reads them.",
                .remedy = "Write the key as the chart has it in the version that is asked for.",
                .check = check_chart_key_unknown,
        },
        {
                .id = "chart-number-rounded",
                .level = LEVEL_ERROR,
                .fix = FIX_SAFE,
                .title = "a large number that reaches its program as 1e+06",
                .why = "Helm keeps numbers as real ones, and the chart prints those from a million on with an "
                       "exponent. Programs that want a whole number refuse it, or read 1.",
                .remedy = "Quote the number.",
                .check = check_chart_number_rounded,
        },
        {
                .id = "chart-values-unknown",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "a value that no template of the chart reads",
                .why = "Helm takes any key without a word. One that is misspelt changes nothing: the chart goes on "
                       "with "
                       "its default, and nobody is told.",
                .remedy = "Write the key as the chart's templates and values.yaml have it.",
                .check = check_chart_values_unknown,
        },
};

const RuleSet rules_chart = {"chart", rules, G_N_ELEMENTS(rules)};
