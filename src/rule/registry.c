/* What registries say of images, where they were asked: rows that flow/online.c derives. Without `check --online` these
 * rules find nothing. */
#include "rule/rule.h"

/* One image is one finding, its other uses are evidence: the key is what the finding is about. */
static Finding *once(Checker *checker, GHashTable *known, const Row *row, const char *key, const Row **ret_image)
{
	const Graph *graph = checker_graph(checker);
	*ret_image = graph_find(graph, row->subject, FACT_IMAGE);
	Finding *finding = *ret_image ? g_hash_table_lookup(known, key) : NULL;
	if (finding)
		add_evidence(checker, finding, graph_span(graph, *ret_image), "used here too");
	return finding;
}

/* ---- image-missing -------------------------------------------------------------------------------------- */

static const char *tag_of(const char *image)
{
	const char *slash = strrchr(image, '/'), *colon = strrchr(image, ':');
	return strchr(image, '@') || !colon || (slash && colon < slash) ? NULL : colon + 1;
}

static void mend_tag(Checker *checker, Finding *finding, const Row *image, const char *near)
{
	const Graph *graph = checker_graph(checker);
	const char *tag = tag_of(graph_symbol_text(graph, image->object));
	if (!tag || !near)
		return;
	set_hint(checker, finding, "the registry has %s", near);
	set_because(checker, finding, FIX_VALUE, "the registry has no tag so near");
	add_rename(checker, finding, graph_span(graph, image), tag, near);
}

static void check_image_missing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
	GRAPH_EACH (graph, FACT_IMAGE_ABSENT, row) {
		const Row *image;
		const char *text = graph_text(graph, row->subject, FACT_IMAGE);
		const Row *near = graph_find(graph, row->subject, FACT_IMAGE_NEAR);
		Finding *finding = once(checker, known, row, text, &image);
		if (!image)
			continue;
		bool tag = strcmp(graph_symbol_text(graph, row->object), "tag") == 0;
		if (!finding) {
			finding = report(checker, row->subject, graph_span(graph, image),
			        tag ? "the registry has no such tag or digest of '%s'"
			            : "the registry has no repository for '%s'",
			        text);
			set_detail(checker, finding, "%s", text);
			g_hash_table_insert(known, (gpointer)text, finding);
		}
		mend_tag(checker, finding, image, near ? graph_symbol_text(graph, near->object) : NULL);
	}
}

/* ---- image-arch-mismatch ---------------------------------------------------------------------------------- */

/* The value that a pod's selector gives the label, or NULL. */
static const char *selected(const Graph *graph, Node pod, const char *label)
{
	size_t length = strlen(label);
	GRAPH_OF (graph, pod, FACT_NODE_SELECTOR, row) {
		const char *pair = graph_symbol_text(graph, row->object);
		if (strncmp(pair, label, length) == 0 && pair[length] == '=')
			return pair + length + 1;
	}
	return NULL;
}

static bool is_for_machine(const Graph *graph, Node pod, Node machine)
{
	const char *arch = selected(graph, pod, "kubernetes.io/arch");
	const char *host = selected(graph, pod, "kubernetes.io/hostname");
	const char *name = graph_text(graph, pod, FACT_NODE_NAME);
	host = *name ? name : host;
	return (!arch || strcmp(arch, graph_text(graph, machine, FACT_ARCHITECTURE)) == 0) &&
	       (!host || strcmp(host, graph_name(graph, machine)) == 0);
}

/* Machines that the program may run on: how many of them the image is built for, and one that it is not. */
static uint32_t count_machines(const Graph *graph, Node subject, uint32_t *ret_fit, Node *ret_other)
{
	Node pod = graph_ancestor(graph, subject, NODE_POD);
	uint32_t all = 0;
	*ret_fit = 0;
	GRAPH_EACH (graph, FACT_ARCHITECTURE, row) {
		if (pod && !is_for_machine(graph, pod, row->subject))
			continue;
		all++;
		if (graph_says(graph, subject, FACT_IMAGE_PLATFORM, row->object))
			++*ret_fit;
		else
			*ret_other = row->subject;
	}
	return all;
}

static char *list_platforms(const Graph *graph, Node subject)
{
	GString *list = g_string_new(NULL);
	GRAPH_OF (graph, subject, FACT_IMAGE_PLATFORM, row)
		g_string_append_printf(list, "%s%s", list->len ? ", " : "", graph_symbol_text(graph, row->object));
	return g_string_free(list, FALSE);
}

/* Affinity may leave out what the selector lets in. */
static bool is_bound_otherwise(const Graph *graph, Node subject)
{
	Node pod = graph_ancestor(graph, subject, NODE_POD);
	return pod && (graph_has(graph, pod, FACT_NODE_AFFINITY) || graph_first_child(graph, pod, NODE_TERM));
}

static void check_platform(Checker *checker, Node subject, GHashTable *known)
{
	const Graph *graph = checker_graph(checker);
	const Row *image = graph_find(graph, subject, FACT_IMAGE);
	uint32_t fit;
	Node other = NODE_NONE;
	uint32_t all = count_machines(graph, subject, &fit, &other);
	bool pod = graph_ancestor(graph, subject, NODE_POD) != NODE_NONE;
	if (!image || all == 0 || fit == all || (fit && (!pod || is_bound_otherwise(graph, subject))))
		return;
	const char *text = graph_symbol_text(graph, image->object);
	g_autofree char *platforms = list_platforms(graph, subject);
	if (g_hash_table_contains(known, text))
		return;
	Finding *finding = report_at(checker, fit ? LEVEL_WARNING : LEVEL_ERROR, subject, graph_span(graph, image),
	        fit ? "'%s' is built for %s, and may be put on %s, which is %s"
	            : "'%s' is built for %s, and can only run on %s, which is %s",
	        text, platforms, graph_name(graph, other), graph_text(graph, other, FACT_ARCHITECTURE));
	set_detail(checker, finding, "%s", text);
	add_evidence(checker, finding, graph_place(graph, other), "the machine is %s",
	        graph_text(graph, other, FACT_ARCHITECTURE));
	if (fit)
		set_hint(checker, finding, "nodeSelector: {kubernetes.io/arch: %s}",
		        graph_text(graph, subject, FACT_IMAGE_PLATFORM));
	g_hash_table_add(known, (gpointer)text);
}

static void check_image_arch_mismatch(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
	Node last = NODE_NONE;
	GRAPH_EACH (graph, FACT_IMAGE_PLATFORM, row) {
		if (row->subject != last)
			check_platform(checker, row->subject, known);
		last = row->subject;
	}
}

/* ---- image-outdated ------------------------------------------------------------------------------------------ */

static void check_image_outdated(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
	GRAPH_EACH (graph, FACT_NEWER_TAG, row) {
		const Row *image;
		const char *text = graph_text(graph, row->subject, FACT_IMAGE);
		if (once(checker, known, row, text, &image) || !image)
			continue;
		Finding *finding = report(checker, row->subject, graph_span(graph, image), "'%s': the registry has %s",
		        text, graph_symbol_text(graph, row->object));
		set_detail(checker, finding, "%s", text);
		g_hash_table_insert(known, (gpointer)text, finding);
	}
}

static const Rule rules[] = {
        {
                .id = "image-missing",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "an image that its registry does not have",
                .why = "The pod stays in ImagePullBackOff, compose stops with the pull. While an old copy is on the "
                       "machine all goes well, until it moves to another.",
                .remedy = "Name a tag that is there. Asked by `check --online`.",
                .check = check_image_missing,
        },
        {
                .id = "image-arch-mismatch",
                .level = LEVEL_ERROR,
                .title = "an image that is not built for its machine",
                .why = "The container ends at once with `exec format error`, or the pull finds no matching manifest.",
                .remedy = "Take a tag for several platforms, or bind the program to a machine that it is built for. "
                          "Asked by `check --online`, where labwright.yaml says what processors the machines have.",
                .check = check_image_arch_mismatch,
        },
        {
                .id = "image-outdated",
                .level = LEVEL_INFO,
                .title = "a newer version of an image",
                .why = "What is not updated for long is updated with trouble, and holds gaps that are known.",
                .remedy = "Read the notes of the release, make a backup, and raise the tag. Asked by `check --online`.",
                .check = check_image_outdated,
        },
};

const RuleSet rules_registry = {"registry", rules, G_N_ELEMENTS(rules)};
