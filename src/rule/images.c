/* Tags that move by themselves, and names that nothing builds.
 *
 * What is said is said of an image, not of each place that names it: all uses are the evidence of one finding. */
#include "base/near.h"
#include "base/path.h"
#include "base/variable.h"
#include "rule/built.h"
#include "rule/image.h"
#include "rule/rule.h"
#include "rule/search.h"

#include <string.h>

/* ---- tag-floating ------------------------------------------------------------------------------------- */

/* Releases of Debian and Ubuntu, which stay what they are. */
static bool is_release_name(Slice tag)
{
	static const char *const names[] = {"bullseye", "bookworm", "trixie", "buster", "focal", "jammy", "noble"};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (slice_starts(tag, names[i]))
			return true;
	return false;
}

/* latest-build-859: what stands behind the last dash counts builds or days, and stays. */
static bool is_numbered(Slice tag)
{
	size_t digits = 0;
	while (digits < tag.length && g_ascii_isdigit(tag.at[tag.length - 1 - digits]))
		digits++;
	return digits >= 3 && digits < tag.length && tag.at[tag.length - 1 - digits] == '-';
}

/* No tag, latest, and words without a digit, such as stable, main or alpine. */
static bool is_floating(const ImageUse *use)
{
	if (use->digest.length)
		return false;
	if (use->tag.length == 0 || (slice_starts(use->tag, "latest") && !is_numbered(use->tag)))
		return true;
	for (size_t i = 0; i < use->tag.length; i++)
		if (g_ascii_isdigit(use->tag.at[i]))
			return false;
	return !is_release_name(use->tag);
}

#define MOST_EVIDENCE 30

/* More images than so many, and more than stay what they are: their owner's habit, which is one decision. */
#define FEW_FLOATING 5

/* A version of the same variant that another place has. Of a database it may be older than its data, and Bitnami took
 * its versions off Docker Hub. */
static Slice fixed_elsewhere(const Image *image, Slice floating)
{
	static const char *const channels[] = {"stable", "main", "master", "edge", "develop", "dev", "nightly",
	        "release", "rolling", "current", "lts", "beta", NULL};
	bool word = floating.length && !slice_starts(floating, "latest") && !slice_is_any_nocase(floating, channels);
	g_autofree char *variant = word ? g_strdup_printf("-%.*s", SLICE_ARGS(floating)) : NULL;
	if (image_is_database(image->name) || slice_starts(image->name, "bitnami/"))
		return (Slice){"", 0};
	for (guint i = 0; i < image->uses->len; i++) {
		const ImageUse *use = &g_array_index(image->uses, ImageUse, i);
		Slice number = slice_starts(use->tag, "v") ? slice_sub(use->tag, 1, use->tag.length) : use->tag;
		if (!is_floating(use) && number.length && g_ascii_isdigit(number.at[0]) &&
		        (!variant || slice_ends(use->tag, variant)))
			return use->tag;
	}
	return (Slice){"", 0};
}

/* Each use is pinned to what its pods run, if a cluster said that of all of them. The tag stays for the reader. */
static void mend_floating(Checker *checker, Finding *finding, const Image *image)
{
	const Graph *graph = checker_graph(checker);
	uint32_t before = finding->n_edits;
	for (guint i = 0; i < image->uses->len; i++) {
		const ImageUse *use = &g_array_index(image->uses, ImageUse, i);
		const char *digest = graph_text(graph, use->row->subject, FACT_RUNNING_DIGEST);
		if (!is_floating(use))
			continue;
		if (!*digest) {
			finding->n_edits = before;
			return;
		}
		add_value_edit(checker, finding, graph_span(graph, use->row),
		        arena_printf(checker_arena(checker), "%s%s@%s", graph_symbol_text(graph, use->row->object),
		                use->tag.length ? "" : ":latest", digest));
	}
	set_because(checker, finding, FIX_VALUE, "this is what the cluster runs of it now");
}

/* In a registry, from a folder of its name that has a Dockerfile: what its tag holds the owner decides at each build.
 */
static bool is_of_our_own(const Graph *graph, const Image *image)
{
	Slice host = slice_sub(image->name, 0, MIN(slice_find_byte(image->name, '/', 0), image->name.length));
	bool registry = host.length < image->name.length &&
	                (slice_find_byte(host, '.', 0) != SIZE_MAX || slice_find_byte(host, ':', 0) != SIZE_MAX);
	return registry && build_file_of(graph, path_name(image->name));
}

/* An image that follows a moving tag somewhere. */
typedef struct Floating {
	const Image *image;
	const ImageUse *first;
	guint count;
	Level level;
	Node updater; /* that keeps it at what its tag says, or NODE_NONE */
} Floating;

/* `AutoUpdate=registry` wants a tag that moves: Podman takes up what it has moved to, and goes back where that fails.
 */
static bool floats(const Graph *graph, const ImageUse *use)
{
	/* newName of a kustomization: its tag stands beside it, or in the manifest */
	bool renames = use->tag.length == 0 && graph_node_type(graph, use->row->subject) == NODE_KUSTOMIZATION;
	return is_floating(use) && !renames &&
	       strcmp(graph_text(graph, use->row->subject, FACT_AUTO_UPDATE), "registry") != 0;
}

/* A service that brings in whatever the tags of the others have moved to, and does not only tell of it; NODE_NONE for
 * none. */
static Node find_updater(const Graph *graph)
{
	static const char *const programs[] = {"/watchtower", "/ouroboros", NULL};
	GRAPH_EACH (graph, FACT_IMAGE, row) {
		Node service = row->subject;
		bool tells = false;
		if (graph_node_type(graph, service) != NODE_SERVICE || is_quiet(graph, service) ||
		        !text_has_part(graph_symbol_text(graph, row->object), programs))
			continue;
		GRAPH_CHILDREN (graph, service, NODE_ENV, env)
			tells = tells || slice_is(graph_symbol_slice(graph, graph_name_symbol(graph, env)),
			                         "WATCHTOWER_MONITOR_ONLY");
		if (!tells)
			return service;
	}
	return NODE_NONE;
}

/* Services alone use it: an updater of containers reaches no pods. */
static bool is_of_services(const Graph *graph, const Image *image)
{
	for (guint i = 0; i < image->uses->len; i++)
		if (graph_node_type(graph, g_array_index(image->uses, ImageUse, i).row->subject) != NODE_SERVICE)
			return false;
	return true;
}

static void report_floating(Checker *checker, const Floating *floating)
{
	const Graph *graph = checker_graph(checker);
	const Image *image = floating->image;
	const ImageUse *first = floating->first;
	g_autofree char *places = floating->count > 1 ? g_strdup_printf(" (%u places)", floating->count) : g_strdup("");
	Span span = graph_span(graph, first->row);
	Level level = floating->level;
	Finding *finding = first->tag.length ? report_at(checker, level, first->row->subject, span,
	                                               "'%.*s' follows the moving tag '%.*s'%s",
	                                               SLICE_ARGS(image->name), SLICE_ARGS(first->tag), places)
	                                     : report_at(checker, level, first->row->subject, span,
	                                               "'%.*s' has no tag, so 'latest' is what is pulled%s",
	                                               SLICE_ARGS(image->name), places);
	set_detail(checker, finding, "%.*s", SLICE_ARGS(image->name));
	if (floating->updater)
		add_evidence(checker, finding, graph_place(graph, floating->updater),
		        "this brings in what the tag has moved to");
	Slice fixed = fixed_elsewhere(image, first->tag);
	if (fixed.length)
		set_hint(checker, finding, "elsewhere it is %.*s:%.*s", SLICE_ARGS(image->name), SLICE_ARGS(fixed));
	for (guint i = 0; i < image->uses->len && finding->n_evidence < MOST_EVIDENCE; i++) {
		const ImageUse *use = &g_array_index(image->uses, ImageUse, i);
		if (use != first && floats(graph, use))
			add_evidence(checker, finding, graph_span(graph, use->row), "'%s' uses it too",
			        graph_name(graph, use->row->subject));
	}
	mend_floating(checker, finding, image);
}

#define MOST_TOLD 60

static bool is_habit(const GArray *all, guint images)
{
	guint warned = 0;
	for (guint i = 0; i < all->len; i++)
		warned += g_array_index(all, Floating, i).level == LEVEL_WARNING;
	return warned > FEW_FLOATING && warned * 2 > images;
}

static void report_habit(Checker *checker, const GArray *all, guint images)
{
	const Graph *graph = checker_graph(checker);
	Finding *finding = NULL;
	guint count = 0;
	for (guint i = 0; i < all->len; i++)
		count += g_array_index(all, Floating, i).level == LEVEL_WARNING;
	for (guint i = 0; i < all->len; i++) {
		const Floating *floating = &g_array_index(all, Floating, i);
		Span span = graph_span(graph, floating->first->row);
		if (floating->level != LEVEL_WARNING)
			continue;
		if (!finding)
			finding = report(checker, floating->first->row->subject, span,
			        "%u of %u images follow moving tags", count, images);
		if (finding->n_evidence < MOST_TOLD)
			add_evidence(checker, finding, span, "'%.*s' follows '%.*s'", SLICE_ARGS(floating->image->name),
			        SLICE_ARGS(floating->first->tag.length ? floating->first->tag : SLICE("latest")));
	}
	set_detail(checker, finding, "habit");
	set_hint(checker, finding,
	        "begin with those that keep data: a version that runs, or its digest; Renovate or Diun say when there "
	        "is "
	        "a newer one");
}

/* A file that sets variables, or an example of one, gives the variable a version; or the word that moves, which is then
 * *ret_other. */
static bool is_fixed_in_file(const Graph *graph, Slice name, Node *ret_other)
{
	Symbol symbol;
	*ret_other = NODE_NONE;
	if (!graph_find_symbol(graph, name, &symbol))
		return false;
	GRAPH_NAMED(graph, NODE_ENV, symbol, env)
	{
		ImageUse use = {NULL, slice_from(graph_text(graph, env, FACT_VALUE)), {"", 0}};
		if (graph_node_type(graph, graph_parent(graph, env)) != NODE_FILE || use.tag.length == 0)
			continue;
		if (!is_floating(&use))
			return true;
		*ret_other = env;
	}
	return false;
}

/* `name:${VERSION:-latest}`: the tag is a fallback, and ret_use says of what. */
static bool ends_in_fallback(Slice image, Variable *ret_use)
{
	size_t at = 0;
	bool found = false;
	for (Variable use; variable_next(image, &at, &use); at = use.end) {
		found = use.op == '-' && use.end == image.length && use.start > 0 && image.at[use.start - 1] == ':' &&
		        slice_find_byte(use.word, '$', 0) == SIZE_MAX;
		*ret_use = use;
	}
	return found;
}

static guint count_fallbacks(const Graph *graph)
{
	guint count = 0;
	GRAPH_EACH (graph, FACT_IMAGE, row) {
		Variable variable;
		ImageUse use = {row, {"", 0}, {"", 0}};
		if (is_quiet(graph, row->subject) ||
		        !ends_in_fallback(graph_symbol_slice(graph, row->object), &variable))
			continue;
		use.tag = variable.word;
		count += is_floating(&use);
	}
	return count;
}

/* One finding for a variable: it is the version of all that use it. Where each image has a variable of its own, they
 * are one habit. */
static void check_fallback_tags(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	bool habit = count_fallbacks(graph) > 2 * FEW_FLOATING;
	Finding *all = NULL;
	GRAPH_EACH (graph, FACT_IMAGE, row) {
		Variable variable;
		Node other;
		Slice image = graph_symbol_slice(graph, row->object);
		if (is_quiet(graph, row->subject) || graph_has(graph, row->subject, FACT_BUILD_CONTEXT) ||
		        !ends_in_fallback(image, &variable))
			continue;
		ImageUse use = {row, variable.word, {"", 0}};
		Slice name = slice_sub(image, 0, variable.start - 1);
		if (!is_floating(&use) || slice_find_byte(name, '$', 0) != SIZE_MAX || is_own_registry(name) ||
		        image_is_local(name) || is_fixed_in_file(graph, variable.name, &other))
			continue;
		g_autofree char *key = slice_dup(variable.name);
		Finding *finding = g_hash_table_lookup(known, key);
		if (finding) {
			add_evidence(checker, finding, graph_span(graph, row), "'%s' uses it too",
			        graph_name(graph, row->subject));
			continue;
		}
		if (all) {
			add_evidence(checker, all, graph_span(graph, row), "'%.*s' does unless %s is set",
			        SLICE_ARGS(name), key);
			g_hash_table_insert(known, g_steal_pointer(&key), all);
			continue;
		}
		finding = report(checker, row->subject, graph_span(graph, row),
		        habit ? "'%.*s' and others follow moving tags, '%.*s' here, unless %s and the like are set"
		              : "'%.*s' follows the moving tag '%.*s' unless %s is set",
		        SLICE_ARGS(name), SLICE_ARGS(variable.word), key);
		set_detail(checker, finding, "%s", habit ? "fallbacks" : key);
		all = habit ? finding : NULL;
		set_hint(checker, finding, "write a version for '%.*s'%s", SLICE_ARGS(variable.word),
		        other ? ", here and where the variable is set" : "");
		if (other)
			add_evidence(checker, finding, graph_place(graph, other), "set to '%s' here",
			        graph_text(graph, other, FACT_VALUE));
		g_hash_table_insert(known, g_steal_pointer(&key), finding);
	}
}

/* False for an image that stays what it is, or that is made here. */
static bool read_floating(const Graph *graph, const Image *image, Node updater, Floating *floating)
{
	*floating = (Floating){.image = image, .level = LEVEL_WARNING};
	for (guint i = 0; i < image->uses->len; i++) {
		const ImageUse *use = &g_array_index(image->uses, ImageUse, i);
		if (!floats(graph, use))
			continue;
		floating->first = floating->first ? floating->first : use;
		floating->count++;
	}
	if (!floating->first || image->built || is_own_registry(image->name) ||
	        slice_starts(image->name, "localhost/") || image_is_set_by_kustomization(graph, image->name) ||
	        (image_is_local(image->name) && find_origin(graph, image).built))
		return false;
	floating->updater = updater && is_of_services(graph, image) ? updater : NODE_NONE;
	if (is_of_our_own(graph, image) || floating->updater)
		floating->level = LEVEL_INFO;
	return true;
}

static void check_tag_floating(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Node updater = find_updater(graph);
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(Floating));
	check_fallback_tags(checker);
	g_auto(Images) images;
	images_init(&images, graph);
	for (guint i = 0; i < images.at->len; i++) {
		Floating floating;
		if (read_floating(graph, images.at->pdata[i], updater, &floating))
			g_array_append_val(all, floating);
	}
	bool known = graph_rows(graph, FACT_RUNNING_DIGEST).at != graph_rows(graph, FACT_RUNNING_DIGEST).end;
	bool habit = !known && is_habit(all, images.at->len);
	if (habit)
		report_habit(checker, all, images.at->len);
	for (guint i = 0; i < all->len; i++) {
		const Floating *floating = &g_array_index(all, Floating, i);
		if (!habit || floating->level != LEVEL_WARNING)
			report_floating(checker, floating);
	}
}

/* ---- image-never-built --------------------------------------------------------------------------------------- */

/* The first use that says when to pull: Never and IfNotPresent mean that the image is put on the nodes by hand. */
static const Row *find_policy(const Graph *graph, const Image *image)
{
	for (guint i = 0; i < image->uses->len; i++) {
		const Row *policy =
		        graph_find(graph, g_array_index(image->uses, ImageUse, i).row->subject, FACT_PULL_POLICY);
		const char *word = policy ? graph_symbol_text(graph, policy->object) : "";
		if (strcmp(word, "Never") == 0 || strcmp(word, "IfNotPresent") == 0)
			return policy;
	}
	return NULL;
}

static void report_never_built(Checker *checker, const Image *image, const Origin *origin)
{
	const Graph *graph = checker_graph(checker);
	const ImageUse *first = &g_array_index(image->uses, ImageUse, 0);
	const Row *policy = find_policy(graph, image);
	Slice name = image_bare_name(image->name);
	bool hub = name.length == image->name.length;
	Finding *finding = report(checker, first->row->subject, graph_span(graph, first->row),
	        hub ? "nothing builds the image '%.*s', and Docker Hub has none of that name"
	            : "nothing builds the image '%.*s', which no registry can have",
	        SLICE_ARGS(image->name));
	set_detail(checker, finding, "%.*s", SLICE_ARGS(name));
	for (guint i = 1; i < MIN(image->uses->len, MOST_EVIDENCE); i++) {
		const ImageUse *use = &g_array_index(image->uses, ImageUse, i);
		add_evidence(checker, finding, graph_span(graph, use->row), "'%s' uses it too",
		        graph_name(graph, use->row->subject));
	}
	if (policy)
		add_evidence(checker, finding, graph_span(graph, policy),
		        "%s: it has to be on the node already, and no script says how it gets there",
		        graph_symbol_text(graph, policy->object));
	if (origin->gone.end)
		add_evidence(checker, finding, origin->gone, "this builds it from a folder that does not exist");
	if (origin->build_file)
		add_evidence(checker, finding, graph_place(graph, origin->build_file),
		        "this would build it, if something did");
}

/* ---- what CI builds of one registry ------------------------------------------------------------------------------ */

/* So many images of one place that CI builds make it a place of our own. */
#define LEAST_SIBLINGS 2

/* An image by its parts: ${REGISTRY}/library/bread:1.0 is bread of ${REGISTRY}/library. */
typedef struct Sibling {
	const Row *row;
	Slice place, name;
	Span built; /* where CI names it; empty if nothing does */
	bool is_built;
} Sibling;

/* The tag and the digest are left away; of a variable only the registry may be one. */
static bool read_sibling(const Graph *graph, const Row *row, Sibling *ret)
{
	Slice image = graph_symbol_slice(graph, row->object);
	size_t slash = image.length;
	while (slash > 0 && image.at[slash - 1] != '/')
		slash--;
	if (slash < 2)
		return false;
	*ret = (Sibling){.row = row, .place = slice_sub(image, 0, slash - 1)};
	Slice rest = slice_sub(image, slash, image.length);
	ret->name = slice_sub(rest, 0, strcspn(rest.at, ":@"));
	size_t folder = 0;
	for (size_t depth = 0; folder < ret->place.length; folder++) {
		char c = ret->place.at[folder];
		depth += c == '{';
		depth -= c == '}' && depth;
		if (c == '/' && depth == 0)
			break;
	}
	Slice below = slice_sub(ret->place, MIN(folder + 1, ret->place.length), ret->place.length);
	return ret->name.length > 2 && slice_find_byte(ret->name, '$', 0) == SIZE_MAX && below.length &&
	       slice_find_byte(below, '$', 0) == SIZE_MAX;
}

/* A workflow that builds; of a script it is not known whether it is ever run. */
static bool is_build_workflow(const Graph *graph, uint32_t file, void *data)
{
	Slice path = slice_from(graph_file_path(graph, file));
	bool workflow = text_has(path, "/workflows/") || text_has(path, ".gitlab-ci") ||
	                text_has(path, ".woodpecker") || text_has(path, ".drone");
	return workflow && !is_quiet(graph, graph_file_node(graph, file)) &&
	       has_build_word(graph_file_bytes(graph, file));
}

/* `library/bread` or `bread` as the name of what is built: not in a comment. */
static bool is_build_name(const Graph *graph, Span word, void *data)
{
	Slice line = slice_trim(graph_line_at(graph, word));
	return !slice_starts(line, "#") && !slice_starts(line, "description") && !slice_starts(line, "name:");
}

static bool any_build_workflow(const Graph *graph)
{
	for (uint32_t file = 0; file < graph_files(graph); file++)
		if (is_build_workflow(graph, file, NULL))
			return true;
	return false;
}

/* Each is looked for in the workflows. */
#define MOST_SIBLINGS 500

static GArray *read_siblings(const Graph *graph)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(Sibling));
	if (!any_build_workflow(graph))
		return all;
	GRAPH_EACH (graph, FACT_IMAGE, row) {
		Sibling sibling;
		if (is_quiet(graph, row->subject) || graph_has(graph, row->subject, FACT_BUILD_CONTEXT) ||
		        all->len == MOST_SIBLINGS || !read_sibling(graph, row, &sibling))
			continue;
		sibling.is_built =
		        search_word(graph, sibling.name, is_build_workflow, is_build_name, NULL, &sibling.built);
		g_array_append_val(all, sibling);
	}
	return all;
}

/* Something anywhere else speaks of building it. */
static bool is_built_otherwise(const Graph *graph, const Sibling *sibling)
{
	Span gone, span;
	return build_file_of(graph, sibling->name) ||
	       search_word(graph, sibling->name, builds_images, is_build, &gone, &span);
}

/* How many different images of the place CI builds; *ret_built is one of them. */
static uint32_t count_built(const GArray *all, Slice place, const Sibling **ret_built)
{
	g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; i < all->len; i++) {
		const Sibling *other = &g_array_index(all, Sibling, i);
		if (!other->is_built || !slice_equal(other->place, place))
			continue;
		g_hash_table_add(names, slice_dup(other->name));
		*ret_built = other;
	}
	return g_hash_table_size(names);
}

/* `library/…` in the file that builds a sibling: the one that shares a word with the name. */
static Slice built_instead(const Graph *graph, const Sibling *sibling, const Sibling *built)
{
	Slice bytes = graph_file_bytes(graph, built->built.file), found = {"", 0};
	Slice folder = path_name(sibling->place);
	g_autofree char *before = g_strdup_printf("%.*s/", SLICE_ARGS(folder));
	for (size_t at = 0; (at = slice_find(bytes, before, at)) != SIZE_MAX; at++) {
		size_t start = at + strlen(before), end = start;
		while (end < bytes.length && (g_ascii_isalnum(bytes.at[end]) || strchr("-_.", bytes.at[end])))
			end++;
		Slice name = slice_sub(bytes, start, end);
		if (!near_share_word(name, sibling->name) || slice_equal(name, found))
			continue;
		if (found.length)
			return (Slice){"", 0};
		found = name;
	}
	return found;
}

static void report_unbuilt(Checker *checker, const Sibling *sibling, const Sibling *built)
{
	const Graph *graph = checker_graph(checker);
	Finding *finding = report(checker, sibling->row->subject, graph_span(graph, sibling->row),
	        "no workflow builds '%.*s', as they do others of %.*s", SLICE_ARGS(sibling->name),
	        SLICE_ARGS(sibling->place));
	set_detail(checker, finding, "%.*s", SLICE_ARGS(sibling->name));
	add_evidence(checker, finding, built->built, "'%.*s' is built here", SLICE_ARGS(built->name));
	Slice instead = built_instead(graph, sibling, built);
	if (instead.length)
		set_hint(checker, finding, "'%.*s' is built there: is it meant?", SLICE_ARGS(instead));
}

static void check_siblings(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GArray) all = read_siblings(graph);
	g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; i < all->len; i++) {
		const Sibling *sibling = &g_array_index(all, Sibling, i), *built = NULL;
		if (sibling->is_built || count_built(all, sibling->place, &built) < LEAST_SIBLINGS)
			continue;
		if (g_hash_table_add(known, slice_dup(sibling->name)) && !is_built_otherwise(graph, sibling))
			report_unbuilt(checker, sibling, built);
	}
}

static void check_image_never_built(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_auto(Images) images;
	images_init(&images, graph);
	for (guint i = 0; i < images.at->len; i++) {
		const Image *image = images.at->pdata[i];
		if (image->uses->len == 0 || !image_is_local(image->name))
			continue;
		Origin origin = find_origin(graph, image);
		if (!origin.built)
			report_never_built(checker, image, &origin);
	}
	check_siblings(checker);
}

static const Rule rules[] = {
        {
                .id = "tag-floating",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "an image tag moves by itself",
                .why = "The next pull, on a restart or on another node, may bring another version: an upgrade at a "
                       "time nobody chose, two nodes with different programs under one name, and no way to say what "
                       "ran before.",
                .remedy = "Write the version that runs now, or its digest; Renovate or Diun say when there is a newer "
                          "one.",
                .peers = "kube-score: container-image-tag; kube-linter: latest-tag; hadolint: DL3006, DL3007; Trivy: "
                         "DS-0001; "
                         "Trivy: KSV-0013; Checkov: CKV_K8S_14, CKV_DOCKER_7; dclint: "
                         "service-image-require-explicit-tag",
                .check = check_tag_floating,
        },
        {
                .id = "image-never-built",
                .level = LEVEL_WARNING,
                .title = "an image of our own that nothing builds",
                .why = "A name without a registry is looked up on Docker Hub, where it does not exist. Unless somebody "
                       "built it by hand on that very machine, the container never starts: ImagePullBackOff.",
                .remedy = "Build it in CI or with a compose build and name the registry it is pushed to, or keep the "
                          "script that builds and loads it in the repository.",
                .check = check_image_never_built,
        },
};

const RuleSet rules_images = {"images", rules, G_N_ELEMENTS(rules)};
