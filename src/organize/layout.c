/* Which folder goes where. What an owner says in labwright.yaml decides; then what the folder is called if it is put
 * aside, what runs in it, whose images those are, and what documents call it. Two answers are none: such a part is
 * listed, not moved. */
#include "base/path.h"
#include "organize/organize.h"
#include "rule/owner.h"

/* ---- parts ------------------------------------------------------------------------------------------- */

typedef struct Part {
	const char *path;
	bool folder;
	uint32_t files, quiet;            /* quiet: archived ones */
	GHashTable *areas;                /* area → how many containers and services say so */
	const char *runs_image;           /* the first that a table knows */
	uint32_t workloads, own, unknown; /* own: built in this part; unknown: images that no table knows */
	bool infrastructure, runs;
	const char *gathers; /* a path elsewhere that its compose file includes, or NULL */
	Node first;
	Dead dead;
} Part;

typedef struct Planner {
	Layout *layout;
	const Graph *graph;
	GPtrArray *parts;    /* Part, by path */
	GHashTable *by_path; /* path → Part */
	Bonds *bonds;
	bool live;   /* Flux or Argo CD reads the paths */
	bool sorted; /* all parts lie below one folder: their owner sorts them there */
} Planner;

static void part_free(gpointer data)
{
	Part *part = data;
	g_hash_table_unref(part->areas);
	g_free(part);
}

static bool is_yaml(Slice path)
{
	return slice_ends(path, ".yaml") || slice_ends(path, ".yml");
}

static bool has_own_resources(const Graph *graph, Node list)
{
	GRAPH_CHILDREN (graph, list, NODE_ENTRY, entry)
		if (is_yaml(slice_from(graph_name(graph, entry))))
			return true;
	return graph_first_child(graph, list, NODE_GENERATED) != NODE_NONE;
}

/* The file makes its folder a part. */
static bool makes_part(const Graph *graph, Node file)
{
	if (graph_first_child(graph, file, NODE_DOCKERFILE) || graph_first_child(graph, file, NODE_COMPOSE))
		return true;
	if (slice_is(path_name(slice_from(graph_name(graph, file))), "Chart.yaml"))
		return true;
	GRAPH_CHILDREN (graph, file, NODE_DOCUMENT, document) {
		Node list = graph_first_child(graph, document, NODE_KUSTOMIZATION);
		if (graph_first_child(graph, document, NODE_OBJECT) ||
		        graph_first_child(graph, document, NODE_COMPOSE) || (list && has_own_resources(graph, list)))
			return true;
	}
	return false;
}

static Part *add_part(Planner *planner, Slice path, bool folder)
{
	g_autofree char *key = slice_dup(path);
	Part *part = g_hash_table_lookup(planner->by_path, key);
	if (part)
		return part;
	part = g_new0(Part, 1);
	part->path = arena_text(planner->layout->arena, path);
	part->folder = folder;
	part->areas = g_hash_table_new(g_str_hash, g_str_equal);
	g_ptr_array_add(planner->parts, part);
	g_hash_table_insert(planner->by_path, (gpointer)part->path, part);
	return part;
}

static Part *part_above(const Planner *planner, Slice path)
{
	for (; path.length; path = path_folder(path)) {
		g_autofree char *key = slice_dup(path);
		Part *part = g_hash_table_lookup(planner->by_path, key);
		if (part)
			return part;
	}
	return NULL;
}

static bool is_archived(const Graph *graph, Node file)
{
	return strcmp(graph_text(graph, file, FACT_CLASS), "archive") == 0;
}

/* The highest folder whose every file is archived. */
static Slice archive_root(const Graph *graph, Slice path)
{
	Slice root = path_folder(path);
	for (Slice above = path_folder(root); above.length; above = path_folder(above)) {
		bool all = true;
		for (uint32_t file = 0; file < graph_files(graph) && all; file++)
			if (path_is_below(slice_from(graph_file_path(graph, file)), above))
				all = is_archived(graph, graph_file_node(graph, file));
		if (!all)
			break;
		root = above;
	}
	return root;
}

static int compare_parts(const void *a, const void *b)
{
	return strcmp((*(Part *const *)a)->path, (*(Part *const *)b)->path);
}

/* Higher folders come first, so that what lies below one of them is no part of its own. */
static void find_parts(Planner *planner)
{
	const Graph *graph = planner->graph;
	for (size_t depth = 1; depth < 8; depth++)
		for (uint32_t file = 0; file < graph_files(graph); file++) {
			Slice path = slice_from(graph_file_path(graph, file)), folder = path_folder(path);
			Node node = graph_file_node(graph, file);
			size_t parts = 1;
			for (size_t i = 0; i < folder.length; i++)
				parts += folder.at[i] == '/';
			if (folder.length == 0 || parts != depth || folder.at[0] == '.' || part_above(planner, folder))
				continue;
			if (is_archived(graph, node))
				add_part(planner, archive_root(graph, path), true);
			else if (!graph_has(graph, node, FACT_CLASS) && makes_part(graph, node))
				add_part(planner, folder, true);
		}
	g_ptr_array_sort(planner->parts, compare_parts);
}

/* ---- what is in them ------------------------------------------------------------------------------- */

static void count_area(Part *part, const char *area)
{
	guint count = GPOINTER_TO_UINT(g_hash_table_lookup(part->areas, area));
	g_hash_table_insert(part->areas, (gpointer)area, GUINT_TO_POINTER(count + 1));
}

static void look_at_image(Planner *planner, Node user)
{
	const Graph *graph = planner->graph;
	Part *part = part_above(planner, slice_from(graph_file_path(graph, graph_file_of(graph, user))));
	const Row *image = graph_find(graph, user, FACT_IMAGE);
	if (!part || graph_has(graph, user, FACT_INIT))
		return;
	part->workloads++;
	const char *area = image ? area_of_image(graph_symbol_slice(graph, image->object)) : NULL;
	if (area) {
		count_area(part, area);
		part->runs_image = part->runs_image ? part->runs_image : graph_symbol_text(graph, image->object);
	} else {
		part->unknown++;
	}
}

/* A compose file that includes what lies in other parts runs more than what stands in it. */
static void look_at_include(Planner *planner, const Row *row)
{
	const Graph *graph = planner->graph;
	Slice file = slice_from(graph_file_path(graph, graph_file_of(graph, row->subject)));
	Part *part = part_above(planner, file);
	g_autofree char *path = path_resolve(path_folder(file), graph_symbol_slice(graph, row->object));
	if (part && path && graph_has_path(graph, slice_from(path)) &&
	        !path_is_below(slice_from(path), slice_from(part->path)))
		part->gathers = arena_text(planner->layout->arena, slice_from(path));
}

/* Kinds that serve the cluster as a whole. */
static bool is_infrastructure_kind(const char *kind)
{
	static const char *const kinds[] = {"StorageClass", "IPAddressPool", "L2Advertisement", "ClusterIssuer",
	        "IngressClass", "HelmChartConfig", "CustomResourceDefinition", "PriorityClass", "GatewayClass",
	        "TLSStore"};
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (strcmp(kind, kinds[i]) == 0)
			return true;
	return false;
}

static void look_at_files(Planner *planner)
{
	const Graph *graph = planner->graph;
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		Node node = graph_file_node(graph, file);
		Part *part = part_above(planner, slice_from(graph_file_path(graph, file)));
		if (!part)
			continue;
		part->files++;
		part->quiet += is_archived(graph, node);
		part->first = part->first ? part->first : node;
		part->runs |= graph_has(graph, node, FACT_ROOT);
		if (graph_first_child(graph, node, NODE_DOCKERFILE))
			part->own++;
		GRAPH_CHILDREN (graph, node, NODE_DOCUMENT, document) {
			Node object = graph_first_child(graph, document, NODE_OBJECT);
			if (object && is_infrastructure_kind(graph_text(graph, object, FACT_KIND)))
				part->infrastructure = true;
		}
	}
	GRAPH_NODES (graph, NODE_CONTAINER, container)
		look_at_image(planner, container);
	GRAPH_NODES (graph, NODE_SERVICE, service)
		look_at_image(planner, service);
	GRAPH_EACH (graph, FACT_INCLUDES, row)
		look_at_include(planner, row);
}

/* ---- deciding ------------------------------------------------------------------------------------------ */

static void add_move(Planner *planner, const Part *part, const char *area, const char *reason)
{
	Layout *layout = planner->layout;
	const char *name = path_name(slice_from(part->path)).at;
	bool short_for = strcmp(part->path, "infra") == 0 && strcmp(area, "infrastructure") == 0;
	bool whole =
	        short_for || strcmp(area, name) == 0 || g_str_has_suffix(area, "/") || strcmp(part->path, area) == 0;
	const char *last = path_name(slice_from(area)).at;
	const char *to = whole || strcmp(last, name) == 0 ? area : arena_printf(layout->arena, "%s/%s", area, name);
	if (path_is_below(slice_from(part->path), slice_from(area)) || strcmp(part->path, to) == 0)
		return; /* it is there */
	PartMove move = {.from = part->path, .to = to, .folder = part->folder, .area = area, .reason = reason};
	g_array_append_val(layout->moves, move);
}

static void add_decided(Planner *planner, const Part *part, const char *area, const char *reason)
{
	GArray *moves = planner->layout->moves;
	guint before = moves->len;
	add_move(planner, part, area, reason);
	if (moves->len > before)
		g_array_index(moves, PartMove, before).decided = true;
}

static bool is_noted(const Layout *layout, const char *from)
{
	for (guint i = 0; i < layout->moves->len; i++)
		if (strcmp(g_array_index(layout->moves, PartMove, i).from, from) == 0)
			return true;
	return false;
}

/* A pattern without wildcards names a folder: that goes to the area as it is, with all that lies in it. False where the
 * part is no part of such a folder. */
static bool add_whole_folder(
        Planner *planner, const Part *part, const char *area, const char *pattern, const char *reason)
{
	Slice folder = slice_from(pattern);
	while (slice_ends(folder, "/"))
		folder.length--;
	if (strpbrk(pattern, "*?[") || !path_is_below(slice_from(part->path), folder) || slice_is(folder, part->path))
		return false;
	Part whole = {.path = arena_text(planner->layout->arena, folder), .folder = true};
	if (!is_noted(planner->layout, whole.path))
		add_decided(planner, &whole, area, reason);
	return true;
}

static void add_unsure(Layout *layout, const char *path, uint32_t line, const char *reason)
{
	Unsure unsure = {path, line, reason};
	g_array_append_val(layout->unsure, unsure);
}

/* The area that labwright.yaml gives the path by name: not the one that its folder already is. */
static const char *declared_area(
        const Planner *planner, const char *path, const char **ret_pattern, const char **ret_reason)
{
	const Graph *graph = planner->graph;
	GRAPH_NODES (graph, NODE_AREA, area)
		GRAPH_OF (graph, area, FACT_PATH, row) {
			const char *pattern = graph_symbol_text(graph, row->object);
			if (!path_matches(pattern, path))
				continue;
			*ret_reason = arena_printf(planner->layout->arena, "labwright.yaml says so: %s", pattern);
			*ret_pattern = pattern;
			return graph_name(graph, area);
		}
	return NULL;
}

/* It lies in a folder that labwright.yaml calls an area. */
static bool is_in_declared_area(const Planner *planner, const char *path)
{
	const Graph *graph = planner->graph;
	GRAPH_NODES (graph, NODE_AREA, area)
		if (graph_has(graph, area, FACT_PATH) &&
		        path_is_below(slice_from(path), slice_from(graph_name(graph, area))))
			return true;
	return false;
}

/* The area that most of what runs in the part is for; NULL where two have as many. */
static const char *area_of_contents(const Part *part)
{
	const char *best = NULL;
	guint most = 0;
	GHashTableIter iter;
	gpointer area, count;
	g_hash_table_iter_init(&iter, part->areas);
	while (g_hash_table_iter_next(&iter, &area, &count)) {
		if (GPOINTER_TO_UINT(count) > most)
			best = area;
		else if (GPOINTER_TO_UINT(count) == most)
			best = NULL;
		most = MAX(most, GPOINTER_TO_UINT(count));
	}
	return most * 5 >= part->workloads * 3 ? best : NULL; /* most of it, not merely more than of anything else */
}

/* A folder of a plain name says what its owner takes it for. */
static const char *area_of_name(Slice name)
{
	static const char *const names[][2] = {{"core", "production/core"}, {"monitoring", "production/monitoring"},
	        {"logging", "production/monitoring"}, {"observability", "production/monitoring"},
	        {"ai", "production/ai-stack"}, {"ai-stack", "production/ai-stack"}, {"llm", "production/ai-stack"},
	        {"databases", "production/core"}, {"database", "production/core"}, {"media", "production/media"},
	        {"infra", "infrastructure"}, {"infrastructure", "infrastructure"}, {"ingress", "infrastructure"},
	        {"dns", "infrastructure"}, {"network", "infrastructure"}, {"networking", "infrastructure"},
	        {"storage", "infrastructure"}, {"cert-manager", "infrastructure"}, {"base", "infrastructure"},
	        {"metallb", "infrastructure"}, {"traefik", "infrastructure"}};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (slice_is_nocase(name, names[i][0]))
			return names[i][1];
	return NULL;
}

/* A compose file for developing is no service of the homelab. */
static bool is_for_developing(Slice name)
{
	static const char *const names[] = {
	        "dev", "develop", "development", "local", "test", "testing", "ci", "sandbox"};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (slice_is_nocase(name, names[i]))
			return true;
	return false;
}

static const char *what_runs(const Part *part)
{
	return part->runs_image ? part->runs_image : path_name(slice_from(part->path)).at;
}

/* What is neither put aside nor infrastructure is production, under what it is for. */
static void decide_by_contents(Planner *planner, Part *part)
{
	Layout *layout = planner->layout;
	Slice name = path_name(slice_from(part->path));
	const char *named = area_of_name(name), *contents = area_of_contents(part);
	if (!contents && g_hash_table_size(part->areas) == 0)
		contents = area_of_image(name);
	uint32_t containers = part->workloads;
	if (named) {
		add_move(planner, part, named, arena_printf(layout->arena, "its folder is called %s", name.at));
	} else if (part->gathers) {
		add_unsure(layout, part->path, 0,
		        arena_printf(
		                layout->arena, "it brings together what lies elsewhere, such as %s", part->gathers));
	} else if (is_for_developing(name)) {
		add_unsure(
		        layout, part->path, 0, "it is for developing: name its area in labwright.yaml if it has one");
	} else if (contents && (strcmp(contents, "network") == 0 || strcmp(contents, "storage") == 0)) {
		add_move(planner, part, "infrastructure",
		        arena_printf(layout->arena, "what runs in it serves the %s of the others", contents));
	} else if (contents && part->own == 0) {
		const char *reason = containers == 0   ? "its name is that of a known program"
		                     : containers == 1 ? arena_printf(layout->arena, "it runs %s", what_runs(part))
		                                       : arena_printf(layout->arena, "it runs %s and %u more",
		                                                 what_runs(part), containers - 1);
		add_move(planner, part, arena_printf(layout->arena, "production/%s", contents), reason);
	} else if (part->own && containers) {
		add_move(
		        planner, part, "production", "a program of this repository, built here and deployed from here");
	} else if (part->infrastructure && containers == 0) {
		add_move(planner, part, "infrastructure", "its objects serve the cluster as a whole");
	} else if (containers) {
		add_unsure(layout, part->path, 0, "no table knows its images: name its area in labwright.yaml");
	} else {
		add_unsure(layout, part->path, 0, "nothing in it tells what it is for");
	}
}

/* A folder at the top that is put aside becomes the archive, where there is none yet. One whose name says that it is an
 * archive may keep it: DEPRECATED/ is as clear, and a move of hundreds of files for a word helps nobody. */
static void decide_archived(Planner *planner, const Part *part)
{
	static const char *const names[] = {"archive", "archived", ".archive", "_archive", "attic", "graveyard",
	        "deprecated", "obsolete", "legacy", NULL};
	Layout *layout = planner->layout;
	const char *reason = arena_printf(layout->arena, "it is put aside: %s", path_name(slice_from(part->path)).at);
	if (strchr(part->path, '/') || slice_is_any_nocase(slice_from(part->path), names))
		return; /* an archive of its area, or the archive already */
	bool first = !graph_has_folder(planner->graph, slice_from("archive"));
	for (guint i = 0; i < layout->moves->len; i++)
		first = first && strcmp(g_array_index(layout->moves, PartMove, i).to, "archive") != 0;
	PartMove move = {.from = part->path,
	        .to = "archive",
	        .folder = true,
	        .area = "archive",
	        .reason = reason,
	        .decided = true};
	if (first)
		g_array_append_val(layout->moves, move);
	else
		add_decided(planner, part, "archive", reason);
}

/* So many folders at the top that hold parts are areas of their owner's own. */
#define OWN_AREAS 5

/* All parts lie in one folder at the top, or nearly all in many of them; put aside ones apart. */
static bool is_sorted(const Planner *planner)
{
	g_autoptr(GHashTable) tops = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
	                      areas = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	uint32_t parts = 0, loose = 0;
	for (guint i = 0; i < planner->parts->len; i++) {
		const Part *part = planner->parts->pdata[i];
		size_t length = strcspn(part->path, "/");
		if (part->quiet == part->files)
			continue;
		parts++;
		g_hash_table_add(tops, g_strndup(part->path, length));
		if (part->path[length] == '/')
			g_hash_table_add(areas, g_strndup(part->path, length));
		else
			loose++;
	}
	bool many = g_hash_table_size(areas) >= OWN_AREAS && loose * 4 <= parts;
	return parts > 0 && (g_hash_table_size(tops) == 1 || many);
}

/* What lies deeper belongs to something that its owner put around it. */
static uint32_t depth_of(const char *path)
{
	uint32_t depth = 1;
	for (; *path; path++)
		depth += *path == '/';
	return depth;
}

static void add_dead(Planner *planner, const Part *part)
{
	GArray *moves = planner->layout->moves;
	guint before = moves->len;
	add_move(planner, part, "archive", part->dead.reason);
	if (moves->len > before)
		g_array_index(moves, PartMove, before).alone = true;
}

static void decide(Planner *planner, Part *part)
{
	static const char *const trials[] = {"experiment", "beta", "prototype", "work in progress", "(wip)", NULL};
	Layout *layout = planner->layout;
	const char *reason = NULL, *pattern = NULL, *area = declared_area(planner, part->path, &pattern, &reason);
	uint32_t line;
	const char *document;
	if (area && !add_whole_folder(planner, part, area, pattern, reason))
		add_decided(planner, part, area, reason);
	else if (area || is_in_declared_area(planner, part->path))
		return;
	else if (part->quiet == part->files)
		decide_archived(planner, part);
	else if (planner->live || planner->sorted || depth_of(part->path) > 2)
		return; /* Flux or Argo CD reads it where it is, or its owner has a folder for all; that is an order,
		           too */
	else if ((reason = bonds_of(planner->bonds, part->path)))
		add_unsure(layout, part->path, 0, reason);
	else if (part->dead.verdict == DEAD_SURELY)
		add_dead(planner, part);
	else if ((document = document_calls(planner->graph, part->path, trials, &line)))
		add_move(planner, part, "experimental",
		        arena_printf(layout->arena, "%s:%u calls it an experiment", document, line));
	else if (part->dead.verdict == DEAD_PERHAPS)
		add_unsure(layout, part->path, 0,
		        arena_printf(layout->arena, "%s: archive it, or say what it is for", part->dead.reason));
	else
		decide_by_contents(planner, part);
}

static void look_for_dead(Planner *planner, const Repo *repo)
{
	guint count = planner->parts->len;
	g_autofree Dead *dead = g_new0(Dead, count + 1);
	for (guint i = 0; i < count; i++) {
		const Part *part = planner->parts->pdata[i];
		dead[i] = (Dead){.path = part->path, .runs = part->runs, .archived = part->quiet == part->files};
	}
	dead_find(planner->graph, repo, dead, count, planner->layout->arena);
	for (guint i = 0; i < count; i++)
		((Part *)planner->parts->pdata[i])->dead = dead[i];
}

/* A folder or file within a part that labwright.yaml names by its path goes alone, and the part stays around its place.
 */
static void decide_named(Planner *planner)
{
	const Graph *graph = planner->graph;
	GRAPH_NODES (graph, NODE_AREA, area)
		GRAPH_OF (graph, area, FACT_PATH, row) {
			Slice path = graph_symbol_slice(graph, row->object);
			while (slice_ends(path, "/"))
				path.length--;
			bool folder = graph_has_folder(graph, path);
			const Part *around = part_above(planner, path);
			if (!around || slice_is(path, around->path) || (!folder && !graph_find_file(graph, path)))
				continue;
			Part named = {.path = arena_text(planner->layout->arena, path), .folder = folder};
			if (!is_noted(planner->layout, named.path))
				add_decided(planner, &named, graph_name(graph, area),
				        arena_printf(planner->layout->arena, "labwright.yaml says so: %s", named.path));
		}
}

/* ---- loose files ------------------------------------------------------------------------------------------ */

/* A script that goes to the folder it lies in would go elsewhere. */
static bool follows_itself(Slice text)
{
	return slice_find(text, "dirname", 0) != SIZE_MAX || slice_find(text, "BASH_SOURCE", 0) != SIZE_MAX ||
	       slice_find(text, "$0", 0) != SIZE_MAX || slice_find(text, "__file__", 0) != SIZE_MAX;
}

/* Texts in capitals belong to the root by custom, and some names to programs. */
static bool is_conventional(const char *path)
{
	if (strcmp(path, "index.md") == 0)
		return true;
	for (const char *at = path; *at != '.'; at++)
		if (g_ascii_islower(*at))
			return false;
	return true;
}

static void decide_loose(Planner *planner, uint32_t file)
{
	static const char *const kept[] = {"README", "LICENSE", "CHANGELOG", "CONTRIBUTING", "TODO", "CODEOWNERS",
	        "AGENTS", "CLAUDE", "SECURITY", "REPOSITORY_STRUCTURE", "PROJECT_STRUCTURE", "STRUCTURE", "NOTICE"};
	const Graph *graph = planner->graph;
	const char *path = graph_file_path(graph, file);
	Node node = graph_file_node(graph, file);
	Part part = {.path = path, .first = node};
	if (strchr(path, '/') || *path == '.' || graph_has(graph, node, FACT_LINK_TARGET))
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(kept); i++)
		if (g_str_has_prefix(path, kept[i]) ||
		        (strlen(kept[i]) == strcspn(path, ".") &&
		                g_ascii_strncasecmp(path, kept[i], strlen(kept[i])) == 0))
			return;
	const char *bond = bonds_of(planner->bonds, path);
	/* A .txt may be a list that a program reads by its bare name. */
	bool script = g_str_has_suffix(path, ".sh"), text = g_str_has_suffix(path, ".md");
	if ((script || text) && bond)
		add_unsure(planner->layout, path, 0, bond);
	else if (text && (g_str_has_prefix(path, "tmp") || g_str_has_prefix(path, "temp")))
		add_unsure(planner->layout, path, 0, "its name says that it is of the moment: delete it, or rename it");
	else if (script && follows_itself(graph_file_bytes(graph, file)))
		add_unsure(
		        planner->layout, path, 0, "the script goes to its own folder first, so it stays where it is");
	else if (script)
		add_move(planner, &part, "scripts", "a script that lies loose at the top");
	else if (text && !is_conventional(path))
		add_move(planner, &part, "docs", "a text that lies loose at the top");
}

/* ---- the layout --------------------------------------------------------------------------------------------- */

static int compare_moves(const void *a, const void *b)
{
	return strcmp(((const PartMove *)a)->from, ((const PartMove *)b)->from);
}

static void count_one(Layout *layout, Slice folder)
{
	const char *key = arena_text(layout->arena, folder);
	guint count = GPOINTER_TO_UINT(g_hash_table_lookup(layout->crowds, key));
	g_hash_table_insert(layout->crowds, (gpointer)key, GUINT_TO_POINTER(count + 1));
}

/* How many folders lie in a folder, whether something runs in them or not; at the top, how many parts. Archived ones
 * apart. */
static void count_crowds(Planner *planner)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; i < planner->parts->len; i++) {
		const Part *part = planner->parts->pdata[i];
		if (part->quiet < part->files && !strchr(part->path, '/'))
			count_one(planner->layout, SLICE(""));
	}
	for (uint32_t file = 0; file < graph_files(planner->graph); file++) {
		Slice folder = path_folder(slice_from(graph_file_path(planner->graph, file)));
		if (graph_has(planner->graph, graph_file_node(planner->graph, file), FACT_CLASS))
			continue;
		for (Slice above; (above = path_folder(folder)).length; folder = above) {
			if (!g_hash_table_add(seen, slice_dup(folder)))
				break;
			count_one(planner->layout, above);
		}
	}
}

Layout *layout_new(const Graph *graph, const Repo *repo)
{
	Layout *layout = g_new0(Layout, 1);
	layout->graph = graph;
	layout->moves = g_array_new(FALSE, FALSE, sizeof(PartMove));
	layout->unsure = g_array_new(FALSE, FALSE, sizeof(Unsure));
	layout->arena = arena_new();
	layout->emptied = g_hash_table_new(g_str_hash, g_str_equal);
	layout->crowds = g_hash_table_new(g_str_hash, g_str_equal);
	layout->named = g_hash_table_new(g_str_hash, g_str_equal);
	Planner planner = {.layout = layout,
	        .graph = graph,
	        .parts = g_ptr_array_new_with_free_func(part_free),
	        .by_path = g_hash_table_new(g_str_hash, g_str_equal),
	        .bonds = bonds_new(graph, layout->arena),
	        .live = has_appliers(graph)};
	find_parts(&planner);
	look_at_files(&planner);
	planner.sorted = is_sorted(&planner);
	if (!planner.live && !planner.sorted)
		look_for_dead(&planner, repo);
	count_crowds(&planner);
	for (guint i = 0; i < planner.parts->len; i++)
		decide(&planner, planner.parts->pdata[i]);
	decide_named(&planner);
	for (uint32_t file = 0; file < graph_files(graph) && !planner.live; file++)
		decide_loose(&planner, file);
	g_array_sort(layout->moves, compare_moves);
	layout_untangle(layout);
	layout_settle(layout);
	bonds_free(planner.bonds);
	g_hash_table_unref(planner.by_path);
	g_ptr_array_unref(planner.parts);
	return layout;
}

void layout_free(Layout *layout)
{
	if (!layout)
		return;
	g_array_unref(layout->moves);
	g_array_unref(layout->unsure);
	g_hash_table_unref(layout->emptied);
	g_hash_table_unref(layout->crowds);
	g_hash_table_unref(layout->named);
	g_clear_pointer(&layout->names, g_hash_table_unref);
	g_clear_pointer(&layout->links, g_hash_table_unref);
	arena_free(layout->arena);
	g_free(layout);
}

void layout_refuse(Layout *layout, guint index, const char *reason)
{
	add_unsure(layout, g_array_index(layout->moves, PartMove, index).from, 0, reason);
	g_array_remove_index(layout->moves, index);
}

const PartMove *layout_move_of(const Layout *layout, const char *path)
{
	for (guint i = 0; i < layout->moves->len; i++) {
		const PartMove *move = &g_array_index(layout->moves, PartMove, i);
		if (move->folder ? path_is_below(slice_from(path), slice_from(move->from))
		                 : strcmp(path, move->from) == 0)
			return move;
	}
	return NULL;
}

const char *layout_path(const Layout *layout, const char *path)
{
	const PartMove *move = layout_move_of(layout, path);
	const char *most = move ? NULL : g_hash_table_lookup(layout->emptied, path);
	if (most)
		return most;
	return move ? arena_printf(layout->arena, "%s%s", move->to, path + strlen(move->from)) : path;
}
