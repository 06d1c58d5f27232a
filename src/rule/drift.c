/* One image in different versions: an upgrade that reached one file and not the other.
 *
 * Compared are only versions of one variant within one cluster, host or stage. A major alias agrees with every version
 * that it may stand for, and what databases and languages keep apart on purpose is no drift. */
#include "base/path.h"
#include "rule/cluster.h"
#include "rule/developing.h"
#include "rule/image.h"
#include "rule/rule.h"
#include "rule/search.h"

#include <string.h>

#define MOST_EVIDENCE 30

#define MOST_NUMBERS 6

typedef struct Version {
	uint32_t numbers[MOST_NUMBERS];
	uint32_t count;
	Slice variant; /* what follows the numbers: -alpine */
} Version;

/* v1.2.3-alpine; false for hashes and words. */
static bool read_version(Slice tag, Version *version)
{
	Slice rest = tag.length && tag.at[0] == 'v' ? slice_sub(tag, 1, tag.length) : tag;
	*version = (Version){.count = 0};
	while (version->count < MOST_NUMBERS && rest.length && g_ascii_isdigit(rest.at[0])) {
		size_t digits = 0;
		while (digits < rest.length && g_ascii_isdigit(rest.at[digits]))
			digits++;
		if (!slice_to_number(slice_sub(rest, 0, digits), &version->numbers[version->count++]))
			return false;
		bool more = digits + 1 < rest.length && rest.at[digits] == '.' && g_ascii_isdigit(rest.at[digits + 1]);
		rest = slice_sub(rest, digits + more, rest.length);
		if (!more)
			break;
	}
	version->variant = rest;
	return version->count > 0 && (rest.length == 0 || strchr("-.+_", rest.at[0]) != NULL);
}

/* Variants are compared without their digits: build numbers differ, alpine and bookworm do not. */
static bool same_variant(Slice a, Slice b)
{
	size_t i = 0, j = 0;
	for (;;) {
		while (i < a.length && (g_ascii_isdigit(a.at[i]) || a.at[i] == '.'))
			i++;
		while (j < b.length && (g_ascii_isdigit(b.at[j]) || b.at[j] == '.'))
			j++;
		if (i == a.length || j == b.length)
			return i == a.length && j == b.length;
		if (a.at[i++] != b.at[j++])
			return false;
	}
}

/* Below zero, zero or above; zero also where one is the other's beginning: 16 stands for 16.2. */
static int compare_versions(const Version *a, const Version *b)
{
	for (uint32_t i = 0; i < MIN(a->count, b->count); i++)
		if (a->numbers[i] != b->numbers[i])
			return a->numbers[i] < b->numbers[i] ? -1 : 1;
	return 0;
}

/* How many leading numbers may differ on purpose: databases whose data one major version cannot read from the other,
 * and languages that a program is written for. */
static uint32_t free_numbers(Slice name)
{
	static const char *const languages[] = {"python", "node", "golang", "ruby", "php", "openjdk", "rust", "perl"};
	for (size_t i = 0; i < G_N_ELEMENTS(languages); i++)
		if (slice_is(name, languages[i]))
			return 2;
	if (slice_ends(name, "/meilisearch") || slice_ends(name, "/typesense"))
		return 2; /* each minor version has data of its own */
	return image_is_database(name) ? 1 : 0;
}

static bool differ_on_purpose(Slice name, const Version *a, const Version *b)
{
	uint32_t numbers = MIN(free_numbers(name), MIN(a->count, b->count));
	return memcmp(a->numbers, b->numbers, numbers * sizeof *a->numbers) != 0;
}

/* The object of a Kubernetes container; NODE_NONE for a service. */
static Node object_of(const Graph *graph, const ImageUse *use)
{
	return graph_ancestor(graph, use->row->subject, NODE_OBJECT);
}

/* Without a selector a controller is not complete: it is a patch. */
static bool is_partial(const Graph *graph, Node object)
{
	return !graph_has(graph, object, FACT_SELECTOR) || graph_has(graph, object, FACT_IS_PATCH) ||
	       graph_has(graph, graph_parent(graph, object), FACT_IS_PATCH);
}

/* A patch and what it patches: only one of the two tags is applied. */
static bool are_one_object(const Graph *graph, const ImageUse *a, const ImageUse *b)
{
	Node one = object_of(graph, a), other = object_of(graph, b);
	return one && other && graph_name_symbol(graph, one) == graph_name_symbol(graph, other) &&
	       graph_symbol(graph, one, FACT_KIND) == graph_symbol(graph, other, FACT_KIND) &&
	       (is_partial(graph, one) || is_partial(graph, other));
}

/* What a chart was rendered into has the chart's versions. */
static bool is_rendered(const Graph *graph, const ImageUse *use)
{
	Node object = object_of(graph, use);
	if (!object)
		return false;
	GRAPH_OF (graph, object, FACT_LABEL, row) {
		if (g_str_has_prefix(graph_symbol_text(graph, row->object), "helm.sh/chart="))
			return true;
	}
	return false;
}

/* The cluster, host or stage that a path names, since these may run different versions on purpose. */
static Slice scope_of(Stages *stages, Slice path)
{
	static const char *const parents[] = {
	        "clusters", "cluster", "hosts", "overlays", "environments", "envs", "machines"};
	static const char *const words[] = {
	        "dev", "development", "staging", "stage", "prod", "production", "test", "lab"};
	Slice last = {"", 0};
	for (size_t start = 0, end; (end = slice_find_byte(path, '/', start)) != SIZE_MAX; start = end + 1) {
		Slice part = slice_sub(path, start, end);
		for (size_t i = 0; i < G_N_ELEMENTS(parents); i++)
			if (slice_is(last, parents[i]))
				return slice_sub(path, 0, end);
		for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
			if (slice_is(part, words[i]) && !is_production_area(stages, slice_sub(path, 0, end)))
				return slice_sub(path, 0, end);
		last = part;
	}
	return (Slice){"", 0};
}

typedef struct Fixed {
	const ImageUse *use;
	Version version;
	Slice scope;
} Fixed;

static bool are_drifted(const Graph *graph, const Image *image, const Fixed *a, const Fixed *b)
{
	if (!slice_equal(a->scope, b->scope) || !same_variant(a->version.variant, b->version.variant) ||
	        compare_versions(&a->version, &b->version) == 0)
		return false;
	return !differ_on_purpose(image->name, &a->version, &b->version) && !are_one_object(graph, a->use, b->use);
}

/* Something brings the use in: a kustomization that is applied, Flux, a script. Compose files are started by hand. */
static bool is_deployed(const Graph *graph, const ImageUse *use)
{
	Node file = graph_file_node(graph, graph_file_of(graph, use->row->subject));
	return graph_has(graph, file, FACT_ROOT);
}

/* A step that its maker calls compatible, by a tag that stands there for a person to change. */
static bool may_follow(const Graph *graph, const Fixed *old, const Fixed *new)
{
	uint32_t equal = old->version.numbers[0] == 0 ? 2 : 1;
	const ImageUse *use = old->use;
	Slice line = graph_line_at(graph, graph_span(graph, use->row));
	return old->version.count > equal && new->version.count > equal && use->digest.length == 0 &&
	       new->use->digest.length == 0 && slice_equal(old->version.variant, new->version.variant) &&
	       memcmp(old->version.numbers, new->version.numbers, equal * sizeof *old->version.numbers) == 0 &&
	       slice_find(line, "$imagepolicy", 0) == SIZE_MAX &&
	       (is_deployed(graph, new->use) || !is_deployed(graph, use));
}

/* All that disagree with the newest follow it, or none. */
static void mend_drift(Checker *checker, Finding *finding, const Image *image, const GArray *fixed, const Fixed *new)
{
	const Graph *graph = checker_graph(checker);
	for (guint i = 0; i < fixed->len; i++) {
		const Fixed *old = &g_array_index(fixed, Fixed, i);
		if (!are_drifted(graph, image, old, new))
			continue;
		if (compare_versions(&old->version, &new->version) > 0 || !may_follow(graph, old, new)) {
			finding->n_edits = 0;
			return;
		}
		g_autofree char *was = slice_dup(old->use->tag), *now = slice_dup(new->use->tag);
		add_rename(checker, finding, graph_span(graph, old->use->row), was, now);
	}
	set_because(checker, finding, FIX_VALUE,
	        "it is the newest here, and a step within one major version; what is deployed decides");
}

static void report_drift(Checker *checker, const Image *image, const GArray *fixed, const Fixed *old, const Fixed *new)
{
	const Graph *graph = checker_graph(checker);
	Level level = is_compose_collection(graph) ? LEVEL_INFO : LEVEL_WARNING; /* each maker has chosen his own */
	Finding *finding = report_at(checker, level, old->use->row->subject, graph_span(graph, old->use->row),
	        "'%.*s' is %.*s here and %.*s elsewhere", SLICE_ARGS(image->name), SLICE_ARGS(old->use->tag),
	        SLICE_ARGS(new->use->tag));
	set_detail(checker, finding, "%.*s", SLICE_ARGS(image->name));
	set_hint(checker, finding, "the newest in the repository is %.*s", SLICE_ARGS(new->use->tag));
	for (guint i = 0; i < fixed->len && finding->n_evidence < MOST_EVIDENCE; i++) {
		const Fixed *other = &g_array_index(fixed, Fixed, i);
		if (other != old && slice_equal(other->scope, old->scope))
			add_evidence(checker, finding, graph_span(graph, other->use->row), "'%s' has %.*s",
			        graph_name(graph, other->use->row->subject), SLICE_ARGS(other->use->tag));
	}
	mend_drift(checker, finding, image, fixed, new);
}

/* All pairs are compared. */
#define MOST_COMPARED 300

/* What jobs and init containers take for a shell or a client: nobody keeps two of them in step. */
static bool is_toolbox(Slice name)
{
	static const char *const names[] = {"busybox", "alpine", "debian", "ubuntu", "bash", "curl", "kubectl", "k8s",
	        "git", "alpine-git", "netshoot"};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (slice_is(path_name(name), names[i]))
			return true;
	return false;
}

/* grafana/8.4.4/compose.yaml: the folder is kept for that version. */
static bool is_kept_by_version(const Graph *graph, const ImageUse *use)
{
	Slice path = slice_from(graph_file_path(graph, graph_file_of(graph, use->row->subject)));
	for (path = path_folder(path); path.length; path = path_folder(path))
		if (slice_equal(path_name(path), use->tag))
			return true;
	return false;
}

/* The oldest use against the newest that it disagrees with. */
static void check_drift(Checker *checker, Stages *stages, const Image *image)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GArray) fixed = g_array_new(FALSE, FALSE, sizeof(Fixed));
	for (guint i = 0; i < image->uses->len; i++) {
		const ImageUse *use = &g_array_index(image->uses, ImageUse, i);
		Fixed one = {.use = use};
		one.scope =
		        scope_of(stages, slice_from(graph_file_path(graph, graph_file_of(graph, use->row->subject))));
		if (fixed->len < MOST_COMPARED && read_version(use->tag, &one.version) && !is_rendered(graph, use) &&
		        !is_kept_by_version(graph, use))
			g_array_append_val(fixed, one);
	}
	const Fixed *old = NULL, *new = NULL;
	for (guint i = 0; i < fixed->len; i++) {
		for (guint j = 0; j < fixed->len; j++) {
			const Fixed *a = &g_array_index(fixed, Fixed, i), *b = &g_array_index(fixed, Fixed, j);
			if (!are_drifted(graph, image, a, b) || compare_versions(&a->version, &b->version) > 0)
				continue;
			if (!old || compare_versions(&a->version, &old->version) < 0 ||
			        (a->use == old->use && compare_versions(&b->version, &new->version) > 0)) {
				old = a;
				new = b;
			}
		}
	}
	if (old)
		report_drift(checker, image, fixed, old, new);
}

static void check_tag_drift(Checker *checker)
{
	g_auto(Images) images;
	images_init(&images, checker_graph(checker));
	g_auto(Stages) stages = {.graph = checker_graph(checker)};
	for (guint i = 0; i < images.at->len; i++) {
		const Image *image = images.at->pdata[i];
		if (!is_toolbox(image->name))
			check_drift(checker, &stages, image);
	}
}

static const Rule rules[] = {
        {
                .id = "tag-drift",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "one image is used with different versions",
                .why = "An upgrade that was made in one file and forgotten in another: the forgotten one keeps its old "
                       "bugs and, in a client or a backup job, may not understand the new server.",
                .remedy = "Bring the older uses to the version that was chosen last, or say in a comment why they "
                          "differ.",
                .check = check_tag_drift,
        },
};

const RuleSet rules_drift = {"drift", rules, G_N_ELEMENTS(rules)};
