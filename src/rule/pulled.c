/* Images that are built on a machine of the owner and asked of a registry all the same.
 *
 * A name without a registry is Docker Hub's; where the tag is `latest`, or none, a cluster asks there at every start
 * unless it is told not to. That the image lies on the node already does not help. What rewrites names on the way, or
 * answers in the place of Docker Hub, leaves it unknown. */
#include "base/path.h"
#include "rule/image.h"
#include "rule/rule.h"
#include "rule/search.h"

static bool is_container(const Graph *graph, Node node)
{
	return graph_node_type(graph, node) == NODE_CONTAINER && graph_ancestor(graph, node, NODE_OBJECT);
}

/* Whether each start asks the registry; *ret_policy is the row that says so, or NULL where the tag does. */
static bool is_always_pulled(const Graph *graph, const ImageUse *use, const Row **ret_policy)
{
	*ret_policy = graph_find(graph, use->row->subject, FACT_PULL_POLICY);
	if (*ret_policy)
		return strcmp(graph_symbol_text(graph, (*ret_policy)->object), "Always") == 0;
	return use->digest.length == 0 && (use->tag.length == 0 || slice_is(use->tag, "latest"));
}

/* `docker build -t NAME .` on the line: what is built otherwise may be pushed or renamed on the way. */
static bool accept_build(const Graph *graph, Span word, void *data)
{
	static const char *const words[] = {"docker build", "podman build", "nerdctl build", "buildx build"};
	Slice line = graph_line_at(graph, word);
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (text_has(line, words[i]))
			return true;
	return false;
}

/* The name becomes another one before it is applied. */
static bool accept_rewriting(const Graph *graph, Span word, void *data)
{
	static const char *const words[] = {
	        "sed ", "yq ", "set image", "envsubst", "s|", "s#", "replace(", "newName", "docker.io", "mirror"};
	Slice line = graph_line_at(graph, word);
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (text_has(line, words[i]))
			return true;
	return false;
}

/* Tools that give images other names, and registries that answer for Docker Hub. */
static bool has_go_between(const Graph *graph)
{
	static const char *const files[] = {"skaffold.yaml", "skaffold.yml", "Tiltfile", "garden.yml",
	        "registries.yaml", "registries.yaml.j2", NULL};
	for (uint32_t file = 0; file < graph_files(graph); file++)
		if (slice_is_any_nocase(path_name(slice_from(graph_file_path(graph, file))), files))
			return true;
	return search_any_word(graph, files, NULL, NULL);
}

static void mend_policy(Checker *checker, Finding *finding, const ImageUse *use, const Row *policy)
{
	const Graph *graph = checker_graph(checker);
	set_because(checker, finding, FIX_VALUE, "it is built here, and no registry has it");
	if (policy)
		add_value_edit(checker, finding, graph_span(graph, policy), "IfNotPresent");
	else
		add_pair_below(checker, finding, graph_span(graph, use->row), "imagePullPolicy: IfNotPresent");
}

static void report_pulled(Checker *checker, const Image *image, const ImageUse *use, const Row *policy, Span build)
{
	const Graph *graph = checker_graph(checker);
	Slice name = image_bare_name(image->name);
	g_autofree char *user = container_text(graph, use->row->subject);
	Finding *finding = report(checker, use->row->subject, graph_span(graph, use->row),
	        "%s asks Docker Hub for '%.*s' at every start, and it is built here and not there", user,
	        SLICE_ARGS(name));
	set_detail(checker, finding, "%.*s", SLICE_ARGS(name));
	if (policy)
		add_evidence(checker, finding, graph_span(graph, policy),
		        "this asks each time, though the node may have it");
	add_evidence(checker, finding, build, "it is built here");
	set_hint(checker, finding,
	        "%s and bring the image onto the node (docker save %.*s | k3s ctr images import -), or push it to a "
	        "registry "
	        "and write that before the name",
	        policy ? "write IfNotPresent" : "add imagePullPolicy: IfNotPresent", SLICE_ARGS(name));
	mend_policy(checker, finding, use, policy);
}

static void check_image(Checker *checker, const Image *image)
{
	const Graph *graph = checker_graph(checker);
	Slice name = image_bare_name(image->name);
	Span build, rewriting;
	if (!image_is_local(image->name) || image_is_set_by_kustomization(graph, image->name) ||
	        !search_word(graph, name, NULL, accept_build, NULL, &build) ||
	        search_word(graph, name, NULL, accept_rewriting, NULL, &rewriting))
		return;
	for (guint i = 0; i < image->uses->len; i++) {
		const ImageUse *use = &g_array_index(image->uses, ImageUse, i);
		const Row *policy;
		Node object = graph_ancestor(graph, use->row->subject, NODE_OBJECT);
		if (is_container(graph, use->row->subject) && is_always_pulled(graph, use, &policy) &&
		        !is_made(graph, object) && !is_patch(graph, object) && !has_patch(graph, object))
			report_pulled(checker, image, use, policy, build);
	}
}

static void check_image_pull_always(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	if (has_go_between(graph))
		return;
	g_auto(Images) images;
	images_init(&images, graph);
	for (guint i = 0; i < images.at->len; i++)
		check_image(checker, images.at->pdata[i]);
}

static const Rule rules[] = {
        {
                .id = "image-pull-always",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "an image of this machine that a registry is asked for",
                .why = "A name without a registry is Docker Hub's. With imagePullPolicy: Always, which a tag of latest "
                       "and no tag at all mean too, each start asks there first, even where the image was brought onto "
                       "the node: there is none of that name, and the pod stays in ImagePullBackOff.",
                .remedy =
                        "Say imagePullPolicy: IfNotPresent and import the image on each node, or push it to a registry "
                        "and name that.",
                .check = check_image_pull_always,
        },
};

const RuleSet rules_pulled = {"pulled", rules, G_N_ELEMENTS(rules)};
