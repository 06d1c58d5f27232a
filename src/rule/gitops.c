/* What kustomize, Flux and Argo CD are told to bring in: paths that lead nowhere, and objects that name missing sources
 * or wait for one another. What Git ignores is the owner's to make, unless a cluster reads the repository itself. */
#include "base/near.h"
#include "base/path.h"
#include "rule/apply.h"
#include "rule/ignored.h"
#include "rule/moved.h"
#include "rule/owner.h"
#include "rule/rule.h"
#include "rule/search.h"

static bool why_is(const Graph *graph, Node node, const char *why)
{
	Symbol symbol;
	return graph_find_symbol(graph, slice_from(why), &symbol) && graph_says(graph, node, FACT_UNRESOLVED, symbol);
}

static const char *file_path(const Graph *graph, Node node)
{
	return graph_file_path(graph, graph_file_of(graph, node));
}

/* ---- kustomize-dangling ------------------------------------------------------------------------------ */

/* Files and folders by the last part of their path: the one place of that name, or NULL where there are several. */
typedef struct Places {
	GHashTable *by_name; /* name → path, or NULL for more than one; owns both */
} Places;

static void add_place(GHashTable *by_name, Slice path)
{
	g_autofree char *name = slice_dup(path_name(path));
	gpointer known;
	if (!g_hash_table_lookup_extended(by_name, name, NULL, &known))
		g_hash_table_insert(by_name, g_steal_pointer(&name), slice_dup(path));
	else if (known && !slice_is(path, known))
		g_hash_table_insert(by_name, g_steal_pointer(&name), NULL);
}

static GHashTable *index_places(const Graph *graph)
{
	GHashTable *by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		Slice path = slice_from(graph_file_path(graph, file)), name = path_name(path);
		if (slice_starts(name, "kustomization.") || slice_is(name, "Kustomization"))
			add_place(by_name, path_folder(path));
		else
			add_place(by_name, path);
	}
	return by_name;
}

/* The only file of that name below the kustomization that none lists: it went deeper. NULL for none and for several. */
static const char *moved_below(const Graph *graph, Slice folder, Slice name)
{
	const char *found = NULL;
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		Slice path = slice_from(graph_file_path(graph, file));
		Node node = graph_file_node(graph, file);
		if (!slice_equal(path_name(path), name) || !path_is_below(path, folder) || is_quiet(graph, node) ||
		        graph_has(graph, node, FACT_REACHED_BY))
			continue;
		if (found)
			return NULL;
		found = path.at;
	}
	return found;
}

/* The kustomization lists that folder or file already, as its target. */
static bool is_listed(const Graph *graph, Node kustomization, Slice path)
{
	GRAPH_CHILDREN (graph, kustomization, NODE_ENTRY, entry) {
		g_autofree char *listed =
		        path_resolve(graph_folder_of(graph, entry), slice_from(graph_name(graph, entry)));
		if (listed && slice_is(path, listed))
			return true;
	}
	return false;
}

#define MOST_UNLISTED 6

/* Where nothing has the name: the folders beside it with a kustomization that the list lacks, for it may be one. */
static void hint_unlisted(Checker *checker, Finding *finding, Node entry)
{
	const Graph *graph = checker_graph(checker);
	Slice own = graph_folder_of(graph, entry);
	g_autoptr(GString) names = g_string_new(NULL);
	uint32_t count = 0;
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		Slice path = slice_from(graph_file_path(graph, file)), folder = path_folder(path);
		if (!slice_starts(path_name(path), "kustomization.") || folder.length <= own.length ||
		        !slice_equal(path_folder(folder), own) || is_listed(graph, graph_parent(graph, entry), folder))
			continue;
		if (++count <= MOST_UNLISTED)
			g_string_append_printf(names, "%s%.*s", names->len ? ", " : "", SLICE_ARGS(path_name(folder)));
	}
	if (count > 0 && count <= MOST_UNLISTED)
		set_hint(checker, finding, "take the line out, or write what it is called now; not listed yet: %s",
		        names->str);
}

static void suggest_place(Checker *checker, Finding *finding, Node entry, const char *path, Places *places)
{
	const Graph *graph = checker_graph(checker);
	g_autofree char *near = moved_near(graph, path, NEAR_LIMIT_MAX);
	if (!places->by_name)
		places->by_name = index_places(graph);
	g_autofree char *name = slice_dup(path_name(slice_from(path)));
	const char *moved = near ? near : g_hash_table_lookup(places->by_name, name);
	if (!moved && strchr(name, '.'))
		moved = moved_below(graph, graph_folder_of(graph, entry), slice_from(name));
	if (!moved) {
		hint_unlisted(checker, finding, entry);
		return;
	}
	g_autofree char *relative = path_relative(graph_folder_of(graph, entry), moved);
	if (*relative == '\0') {
		set_hint(checker, finding, "a folder does not list itself: take the line out");
		return;
	}
	Node file = graph_find_file(graph, slice_from(moved));
	if (file)
		add_evidence(checker, finding, graph_place(graph, file),
		        near ? "this is nearly the name" : "a file of that name is here");
	set_hint(checker, finding, "write %s", relative);
	g_autofree char *text = moved_text(
	        graph_span_bytes(graph, graph_place(graph, entry)), graph_folder_of(graph, entry), path, moved);
	if (!text || (file && g_str_has_prefix(relative, "../")))
		return; /* kustomize takes no files from above its folder */
	set_because(checker, finding, FIX_VALUE,
	        near ? "no other name there is so near" : "no other file of that name could be meant");
	add_edit(checker, finding, graph_place(graph, entry), slice_from(text));
}

static bool is_kustomization_file(const Graph *graph, Node entry)
{
	Slice name = path_name(slice_from(file_path(graph, entry)));
	return slice_is(name, "kustomization.yaml") || slice_is(name, "kustomization.yml") ||
	       slice_is(name, "Kustomization");
}

typedef struct Missing {
	Checker *checker;
	GHashTable *known; /* path → Finding */
	Places places;
	Ignored *ignored;
	GHashTable *roots;
	bool live; /* Flux or Argo CD brings files in: what they do not reach breaks nothing today */
} Missing;

static Level entry_level(const Missing *missing, Node entry)
{
	const Graph *graph = checker_graph(missing->checker);
	return !missing->live || is_live(graph, missing->roots, file_node_of(graph, entry)) ? LEVEL_ERROR
	                                                                                    : LEVEL_WARNING;
}

static void report_entry(Missing *missing, Node entry, const char *reason)
{
	Checker *checker = missing->checker;
	const Graph *graph = checker_graph(checker);
	Slice written = slice_from(graph_name(graph, entry));
	g_autofree char *path = path_resolve(graph_folder_of(graph, entry), written);
	Finding *finding = path ? g_hash_table_lookup(missing->known, path) : NULL;
	if (!path)
		return;
	if (finding) {
		add_evidence(checker, finding, graph_place(graph, entry), "%s lists it too", file_path(graph, entry));
		return;
	}
	finding = report_at(checker, entry_level(missing, entry), entry, graph_place(graph, entry),
	        "the kustomization lists %.*s, %s", SLICE_ARGS(written), reason);
	if (why_is(graph, entry, "missing"))
		suggest_place(checker, finding, entry, path, &missing->places);
	g_hash_table_insert(missing->known, g_steal_pointer(&path), finding);
}

/* A script or document beside it writes the file: then it is made before the build. */
static bool accept_writing(const Graph *graph, Span word, void *data)
{
	static const char *const signs[] = {">", "tee ", "-o ", "--output", "cp ", "mv ", "sops ", "curl ", "wget ",
	        "generate", "create", "template", "write", "envsubst"};
	Slice line = graph_line_at(graph, word);
	for (size_t i = 0; i < G_N_ELEMENTS(signs); i++)
		if (slice_find(line, signs[i], 0) != SIZE_MAX)
			return true;
	return false;
}

static bool is_written_by_script(const Graph *graph, Node entry)
{
	Span found;
	Slice name = path_name(slice_from(graph_name(graph, entry)));
	return name.length && search_word(graph, name, is_script_or_document, accept_writing, NULL, &found);
}

/* What is kept out of Git, or written before the build, is missing only where the cluster builds from Git. */
static void check_missing(Missing *missing, Node entry)
{
	const Graph *graph = checker_graph(missing->checker);
	g_autofree char *path = path_resolve(graph_folder_of(graph, entry), slice_from(graph_name(graph, entry)));
	bool ignored = path && ignoring_pattern(missing->ignored, path, false),
	     cluster = is_built_by_cluster(graph, file_node_of(graph, entry));
	if (ignored && cluster)
		report_entry(missing, entry, "which Git ignores, so that the cluster never sees it");
	else if (!ignored && (cluster || !is_written_by_script(graph, entry)))
		report_entry(missing, entry, "which does not exist");
}

static void check_entry(Missing *missing, Node entry)
{
	const Graph *graph = checker_graph(missing->checker);
	if (why_is(graph, entry, "no-kustomization"))
		report_entry(missing, entry, "a folder without a kustomization.yaml");
	else if (why_is(graph, entry, "cycle"))
		report_entry(missing, entry, "which leads back to itself");
	else if (why_is(graph, entry, "missing"))
		check_missing(missing, entry);
}

static void check_kustomize_dangling(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(Ignored) ignored = ignored_new(graph);
	g_autoptr(GHashTable) roots = live_roots(graph);
	Missing missing = {
	        .checker = checker, .known = known, .live = has_appliers(graph), .ignored = ignored, .roots = roots};
	GRAPH_NODES (graph, NODE_ENTRY, entry)
		if (graph_has(graph, entry, FACT_UNRESOLVED) && graph_ancestor(graph, entry, NODE_KUSTOMIZATION) &&
		        is_kustomization_file(graph, entry) && !is_quiet(graph, entry))
			check_entry(&missing, entry);
	if (missing.places.by_name)
		g_hash_table_unref(missing.places.by_name);
}

/* ---- flux-dangling ----------------------------------------------------------------------------------- */

static const char *kind_of(const Graph *graph, Node object)
{
	return graph_text(graph, object, FACT_KIND);
}

/* One that rests, or that nothing brings in while others are brought in, changes nothing in the cluster. roots is NULL
 * where all are applied by hand. */
static bool is_at_rest(const Graph *graph, Node object, GHashTable *roots)
{
	return graph_has(graph, object, FACT_SUSPENDED) || is_patch(graph, object) || is_quiet(graph, object) ||
	       (roots && !is_live(graph, roots, file_node_of(graph, object)));
}

/* Some object of Flux or Argo CD is itself brought in. */
static bool has_reached_appliers(const Graph *graph)
{
	GRAPH_EACH (graph, FACT_REACHED_BY, row)
		if (graph_node_type(graph, row->object) == NODE_OBJECT &&
		        graph_has(graph, file_node_of(graph, row->object), FACT_ROOT))
			return true;
	return false;
}

/* The folder that a pattern looks into is there: apps/ of "apps/" and any name. */
static bool has_fixed_part(const Graph *graph, Slice pattern)
{
	Slice fixed = path_folder(slice_sub(pattern, 0, MIN(slice_find_byte(pattern, '*', 0), pattern.length)));
	for (uint32_t file = 0; fixed.length && file < graph_files(graph); file++)
		if (path_is_below(slice_from(graph_file_path(graph, file)), fixed))
			return true;
	return false;
}

/* A set of nothing in a folder that is there is what its owner may want for a while; without the folder, it is gone. */
static Level path_level(const Graph *graph, Node entry, bool generator)
{
	if (generator && has_fixed_part(graph, slice_from(graph_name(graph, entry))))
		return LEVEL_INFO;
	return !generator || is_built_by_cluster(graph, file_node_of(graph, entry)) ? LEVEL_ERROR : LEVEL_WARNING;
}

static void check_paths(Checker *checker, GHashTable *roots)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_NODES (graph, NODE_ENTRY, entry) {
		Node object = graph_ancestor(graph, entry, NODE_OBJECT);
		if (!object || is_at_rest(graph, object, roots))
			continue;
		bool bare = why_is(graph, entry, "no-kustomization");
		if (!bare && !why_is(graph, entry, "missing"))
			continue;
		bool generator = has_role(graph, entry, "directories") || has_role(graph, entry, "generator-files");
		Finding *finding = report_at(checker, path_level(graph, entry, generator), entry,
		        graph_place(graph, entry), "%s %s takes the path %s, %s", kind_of(graph, object),
		        graph_name(graph, object), graph_name(graph, entry),
		        bare        ? "which holds no kustomization.yaml"
		        : generator ? "which matches nothing in this repository, so that it makes no Application"
		                    : "which does not exist in this repository");
		g_autofree char *path = path_resolve((Slice){"", 0}, slice_from(graph_name(graph, entry)));
		g_autofree char *near = path ? moved_near(graph, path, NEAR_LIMIT_MAX) : NULL;
		g_autofree char *text = near ? moved_text(graph_span_bytes(graph, graph_place(graph, entry)),
		                                       (Slice){"", 0}, path, near)
		                             : NULL;
		if (near)
			set_hint(checker, finding, "write ./%s", near);
		if (text) {
			set_because(checker, finding, FIX_VALUE, "no other name there is so near");
			add_edit(checker, finding, graph_place(graph, entry), slice_from(text));
		}
	}
}

static const char *near_name(const Graph *graph, Node reference)
{
	Slice wanted = slice_from(graph_name(graph, reference));
	NearSearch search = near_search(wanted, near_limit(wanted));
	GRAPH_TO (graph, FACT_KIND, graph_symbol(graph, reference, FACT_WANTS_KIND), row)
		if (graph_node_type(graph, row->subject) == NODE_OBJECT)
			near_offer(&search, slice_from(graph_name(graph, row->subject)));
	return near_result(&search) == SIZE_MAX ? NULL : search.best.at;
}

/* The repository itself is usually made by `flux bootstrap` or an operator and stands in no file. */
static bool is_this_repository(const Graph *graph, Node reference)
{
	const char *kind = graph_text(graph, reference, FACT_WANTS_KIND);
	g_autofree char *source = g_strdup_printf("%s/%s", kind, graph_name(graph, reference));
	Symbol symbol;
	if (!graph_find_symbol(graph, slice_from(source), &symbol))
		return false;
	GRAPH_TO (graph, FACT_SOURCE_REF, symbol, row)
		GRAPH_CHILDREN (graph, row->subject, NODE_ENTRY, entry)
			if (has_role(graph, entry, "path") && !graph_has(graph, entry, FACT_UNRESOLVED))
				return true;
	return false;
}

static Node namesake(const Graph *graph, Node reference)
{
	Symbol kind = graph_symbol(graph, reference, FACT_WANTS_KIND);
	GRAPH_NAMED(graph, NODE_OBJECT, graph_name_symbol(graph, reference), object)
	if (graph_symbol(graph, object, FACT_KIND) == kind)
		return object;
	return NODE_NONE;
}

/* Where most projects that are named are made elsewhere, by a command or a page, one that is not here tells nothing. */
static bool are_projects_made(const Graph *graph)
{
	g_autoptr(GHashTable) missing = g_hash_table_new(NULL, NULL), made = g_hash_table_new(NULL, NULL);
	GRAPH_NODES (graph, NODE_REFERENCE, reference)
		if (has_role(graph, reference, "project"))
			g_hash_table_add(graph_has(graph, reference, FACT_UNRESOLVED) ? missing : made,
			        GUINT_TO_POINTER(graph_name_symbol(graph, reference)));
	return g_hash_table_size(missing) <= g_hash_table_size(made);
}

static bool is_flux_role(const Graph *graph, Node reference)
{
	return has_role(graph, reference, "source") || has_role(graph, reference, "chart-ref") ||
	       has_role(graph, reference, "depends-on") || has_role(graph, reference, "project");
}

static void report_reference(Checker *checker, GHashTable *known, Node reference)
{
	const Graph *graph = checker_graph(checker);
	Node object = graph_ancestor(graph, reference, NODE_OBJECT), other = namesake(graph, reference);
	const char *kind = graph_text(graph, reference, FACT_WANTS_KIND), *name = graph_name(graph, reference);
	bool elsewhere = why_is(graph, reference, "other-namespace") && other;
	g_autofree char *key = g_strdup_printf("%s/%s/%d", kind, name, elsewhere);
	Finding *finding = g_hash_table_lookup(known, key);
	if (finding) {
		add_evidence(checker, finding, graph_place(graph, reference), "%s %s names it too",
		        kind_of(graph, object), graph_name(graph, object));
		const char *meant = finding->n_edits ? near_name(graph, reference) : NULL;
		if (meant)
			add_rename(checker, finding, graph_place(graph, reference), name, meant);
		return;
	}
	finding = report(checker, reference, graph_place(graph, reference), "%s %s %s %s %s, which %s",
	        kind_of(graph, object), graph_name(graph, object),
	        has_role(graph, reference, "depends-on") ? "waits for"
	        : has_role(graph, reference, "project")  ? "belongs to"
	                                                 : "takes its files from",
	        kind, name, elsewhere ? "is in another namespace" : "nothing in this repository makes");
	const char *near = elsewhere ? NULL : near_name(graph, reference);
	if (elsewhere) {
		g_auto(GStrv) parts = g_strsplit(graph_text(graph, other, FACT_IDENTITY), "/", 3);
		add_evidence(checker, finding, graph_place(graph, other), "it is here, and applied in namespace %s",
		        g_strv_length(parts) == 3 ? parts[1] : "");
		set_hint(checker, finding, "name the namespace that it is applied in");
	} else if (near) {
		set_hint(checker, finding, "write %s", near);
		set_because(checker, finding, FIX_VALUE, "no other %s has a name so near", kind);
		add_rename(checker, finding, graph_place(graph, reference), name, near);
	}
	g_hash_table_insert(known, g_steal_pointer(&key), finding);
}

static void check_sources(Checker *checker, GHashTable *roots)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	bool projects = are_projects_made(graph);
	GRAPH_NODES (graph, NODE_REFERENCE, reference) {
		Node object = graph_ancestor(graph, reference, NODE_OBJECT);
		if (!projects && has_role(graph, reference, "project") && !near_name(graph, reference))
			continue;
		if (object && graph_has(graph, reference, FACT_UNRESOLVED) && is_flux_role(graph, reference) &&
		        !why_is(graph, reference, "unknown") && !is_at_rest(graph, object, roots) &&
		        !is_this_repository(graph, reference))
			report_reference(checker, known, reference);
	}
}

/* ---- circles of dependsOn ------------------------------------------------------------------------------ */

enum { ON_THE_WAY = 1, DONE };

typedef struct Step {
	Node object, reference; /* the next reference to look at */
	const Row *target, *end;
} Step;

typedef struct Walk {
	Checker *checker;
	GHashTable *state; /* object → ON_THE_WAY or DONE */
	GArray *way;       /* Step */
} Walk;

static void enter_object(Walk *walk, Node object)
{
	const Graph *graph = checker_graph(walk->checker);
	Step step = {.object = object, .reference = graph_first_child(graph, object, NODE_REFERENCE)};
	g_hash_table_insert(walk->state, GUINT_TO_POINTER(object), GINT_TO_POINTER(ON_THE_WAY));
	g_array_append_val(walk->way, step);
}

/* The next object that the last one on the way waits for; overlays of other clusters have the same names. */
static Node next_dependency(Walk *walk)
{
	const Graph *graph = checker_graph(walk->checker);
	Step *step = &g_array_index(walk->way, Step, walk->way->len - 1);
	while (step->reference) {
		if (!step->target && has_role(graph, step->reference, "depends-on")) {
			Rows rows = graph_rows_of(graph, step->reference, FACT_REFERS_TO);
			step->target = rows.at;
			step->end = rows.end;
		}
		while (step->target && step->target != step->end) {
			Node to = (step->target++)->object, from = file_node_of(graph, step->object);
			if (file_node_of(graph, to) == from || share_root(graph, from, file_node_of(graph, to)))
				return to;
		}
		step->target = NULL;
		step->reference = graph_next_child(graph, step->reference, NODE_REFERENCE);
	}
	return NODE_NONE;
}

static void report_circle(Walk *walk, Node first)
{
	Checker *checker = walk->checker;
	const Graph *graph = checker_graph(checker);
	g_autoptr(GString) names = g_string_new(NULL);
	guint start = 0;
	while (g_array_index(walk->way, Step, start).object != first)
		start++;
	for (guint i = start; i < walk->way->len; i++)
		g_string_append_printf(names, "%s → ", graph_name(graph, g_array_index(walk->way, Step, i).object));
	g_string_append(names, graph_name(graph, first));
	Finding *finding = report(checker, first, graph_place(graph, first),
	        "these wait for one another and none of them ever starts: %s", names->str);
	for (guint i = start; i < walk->way->len; i++) {
		const Step *step = &g_array_index(walk->way, Step, i);
		Node next = i + 1 < walk->way->len ? g_array_index(walk->way, Step, i + 1).object : first;
		add_evidence(checker, finding, graph_place(graph, step->reference), "%s waits for %s",
		        graph_name(graph, step->object), graph_name(graph, next));
	}
}

static void walk_from(Walk *walk, Node first)
{
	enter_object(walk, first);
	while (walk->way->len) {
		Node next = next_dependency(walk);
		if (!next) {
			Node done = g_array_index(walk->way, Step, walk->way->len - 1).object;
			g_hash_table_insert(walk->state, GUINT_TO_POINTER(done), GINT_TO_POINTER(DONE));
			g_array_set_size(walk->way, walk->way->len - 1);
			continue;
		}
		gpointer state = g_hash_table_lookup(walk->state, GUINT_TO_POINTER(next));
		if (GPOINTER_TO_INT(state) == ON_THE_WAY)
			report_circle(walk, next);
		else if (!state)
			enter_object(walk, next);
	}
}

static void check_circles(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) state = g_hash_table_new(NULL, NULL);
	g_autoptr(GArray) way = g_array_new(FALSE, FALSE, sizeof(Step));
	Walk walk = {checker, state, way};
	GRAPH_EACH (graph, FACT_DEPENDS_ON, row)
		if (!g_hash_table_contains(state, GUINT_TO_POINTER(row->subject)))
			walk_from(&walk, row->subject);
}

static void check_flux_dangling(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) roots = has_reached_appliers(graph) ? live_roots(graph) : NULL;
	check_paths(checker, roots);
	check_sources(checker, roots);
	check_circles(checker);
}

static const Rule rules[] = {
        {
                .id = "kustomize-dangling",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a kustomization lists a path that does not exist",
                .why = "kustomize stops at the first path that it cannot read, and nothing of the whole tree is "
                       "applied: "
                       "not the other files either, and with Flux or Argo CD without a word in the terminal.",
                .remedy = "Write the path as it is now, or take the line out if the file was meant to go.",
                .check = check_kustomize_dangling,
        },
        {
                .id = "flux-dangling",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a Flux or Argo CD object names a path, source or dependency that does not exist",
                .why = "The object stays not ready, everything that waits for it stays as it is, and changes in Git no "
                       "longer arrive in the cluster.",
                .remedy = "Correct the path or name, add the missing object, or break the circle at one dependsOn.",
                .check = check_flux_dangling,
        },
};

const RuleSet rules_gitops = {"gitops", rules, G_N_ELEMENTS(rules)};
