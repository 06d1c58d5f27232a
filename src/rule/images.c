/* Images: tags that move by themselves, tags that disagree, and names that nothing builds.
 *
 * What is said is said of an image, not of each place that names it: all uses are the evidence of one finding. An image
 * of our own is one that a compose service builds; a tag that holds a variable is not known and nothing is said. */
#include "base/path.h"
#include "rule/rule.h"
#include "rule/search.h"

#include <stdlib.h>
#include <string.h>

typedef struct Reference {
	Slice name; /* with the registry unless it is Docker Hub's */
	Slice tag, digest;
} Reference;

typedef struct Use {
	const Row *row;
	Slice tag, digest;
} Use;

typedef struct Image {
	Slice name;
	GArray *uses; /* of Use, outside of quiet files */
	bool built;   /* by a compose service */
} Image;

typedef struct Images {
	GPtrArray *at; /* of Image, in the order of first use */
	GHashTable *by_name;
} Images;

/* ---- reading references --------------------------------------------------------------------------- */

static Slice without_prefix(Slice text, const char *prefix)
{
	return slice_starts(text, prefix) ? slice_sub(text, strlen(prefix), text.length) : text;
}

/* What a template is written with before somebody, or a patch, puts the real image there. */
static bool is_placeholder(Slice text)
{
	static const char *const words[] = {"placeholder", "overrid", "replace", "changeme", "change-me", "dummy",
	        "todo", "your-", "yourname", "image-name", "not-built"};
	g_autofree char *copy = slice_dup(text);
	g_autofree char *lower = g_ascii_strdown(copy, -1);
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (strstr(lower, words[i]))
			return true;
	return false;
}

static bool read_reference(Slice text, Reference *ret)
{
	static const char *const hubs[] = {
	        "docker.io/", "index.docker.io/", "registry-1.docker.io/", "registry.hub.docker.com/", "library/"};
	*ret = (Reference){.name = text};
	if (text.length == 0 || slice_find_byte(text, '$', 0) != SIZE_MAX || text_has(text, "{{") ||
	        slice_find_byte(text, '<', 0) != SIZE_MAX || slice_find_byte(text, ' ', 0) != SIZE_MAX ||
	        is_placeholder(text))
		return false;
	size_t at = slice_find_byte(text, '@', 0);
	if (at != SIZE_MAX) {
		ret->digest = slice_sub(text, at + 1, text.length);
		ret->name = slice_sub(text, 0, at);
	}
	size_t colon = ret->name.length;
	while (colon > 0 && ret->name.at[colon - 1] != ':' && ret->name.at[colon - 1] != '/')
		colon--;
	if (colon > 0 && ret->name.at[colon - 1] == ':') {
		ret->tag = slice_sub(ret->name, colon, ret->name.length);
		ret->name = slice_sub(ret->name, 0, colon - 1);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(hubs); i++)
		ret->name = without_prefix(ret->name, hubs[i]);
	return ret->name.length > 0;
}

static void image_free(gpointer data)
{
	Image *image = data;
	g_array_unref(image->uses);
	g_free(image);
}

static Image *get_image(Images *images, Slice name)
{
	g_autofree char *key = slice_dup(name);
	Image *image = g_hash_table_lookup(images->by_name, key);
	if (image)
		return image;
	image = g_new0(Image, 1);
	image->name = name;
	image->uses = g_array_new(FALSE, FALSE, sizeof(Use));
	g_ptr_array_add(images->at, image);
	g_hash_table_insert(images->by_name, g_steal_pointer(&key), image);
	return image;
}

static void images_init(Images *images, const Graph *graph)
{
	images->at = g_ptr_array_new_with_free_func(image_free);
	images->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GRAPH_EACH (graph, FACT_IMAGE, row) {
		Reference reference;
		if (!read_reference(graph_symbol_slice(graph, row->object), &reference))
			continue;
		Image *image = get_image(images, reference.name);
		image->built |= graph_has(graph, row->subject, FACT_BUILD_CONTEXT);
		Use use = {row, reference.tag, reference.digest};
		if (!is_quiet(graph, row->subject))
			g_array_append_val(image->uses, use);
	}
}

static void images_clear(Images *images)
{
	g_hash_table_unref(images->by_name);
	g_ptr_array_unref(images->at);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Images, images_clear)

/* A kustomization gives the image its tag or another name. */
static bool is_set_by_kustomization(const Graph *graph, Slice name)
{
	GRAPH_EACH (graph, FACT_IMAGE_TAG, row) {
		Slice text = graph_symbol_slice(graph, row->object);
		size_t equals = MIN(slice_find_byte(text, '=', 0), text.length);
		Reference reference;
		if (read_reference(slice_sub(text, 0, equals), &reference) && slice_equal(reference.name, name))
			return true;
	}
	return false;
}

/* Single words that Docker Hub has itself. */
static bool is_official(Slice name)
{
	static const char *const names[] = {"adminer", "aerospike", "almalinux", "alpine", "amazoncorretto",
	        "amazonlinux", "api-firewall", "arangodb", "archlinux", "backdrop", "bash", "bonita", "buildpack-deps",
	        "busybox", "caddy", "cassandra", "celery", "centos", "chronograf", "cirros", "clearlinux", "clefos",
	        "clickhouse", "clojure", "composer", "consul", "convertigo", "couchbase", "couchdb", "crate", "crux",
	        "dart", "debian", "django", "docker", "drupal", "eclipse-mosquitto", "eclipse-temurin", "eggdrop",
	        "elasticsearch", "elixir", "emqx", "erlang", "euleros", "express-gateway", "fedora", "flink", "fluentd",
	        "friendica", "fsharp", "gazebo", "gcc", "geonetwork", "ghost", "glassfish", "golang", "gradle",
	        "groovy", "haproxy", "haskell", "haxe", "hello-seattle", "hello-world", "hipache", "hitch",
	        "hola-mundo", "httpd", "hylang", "ibm-semeru-runtimes", "ibmjava", "influxdb", "iojs", "irssi", "java",
	        "jenkins", "jetty", "jobber", "joomla", "jruby", "julia", "kaazing-gateway", "kapacitor", "kibana",
	        "known", "kong", "krakend", "lightstreamer", "liquibase", "logstash", "mageia", "mariadb", "matomo",
	        "maven", "mediawiki", "memcached", "mongo", "mongo-express", "monica", "mono", "mysql", "nats",
	        "nats-streaming", "neo4j", "neurodebian", "nextcloud", "nginx", "node", "notary", "nuxeo", "odoo",
	        "open-liberty", "openjdk", "opensuse", "oraclelinux", "orientdb", "owncloud", "percona", "perl",
	        "photon", "php", "php-zendserver", "phpmyadmin", "piwik", "plone", "postfixadmin", "postgres", "pypy",
	        "python", "r-base", "rabbitmq", "rails", "rakudo-star", "rapidoid", "redis", "redmine", "registry",
	        "rethinkdb", "rocket.chat", "rockylinux", "ros", "ruby", "rust", "sapmachine", "satosa", "scratch",
	        "sentry", "silverpeas", "sl", "solr", "sonarqube", "sourcemage", "spark", "spiped", "storm", "swarm",
	        "swift", "swipl", "teamspeak", "telegraf", "thrift", "tomcat", "tomee", "traefik", "ubuntu",
	        "ubuntu-debootstrap", "ubuntu-upstart", "unit", "varnish", "vault", "websphere-liberty", "wordpress",
	        "xwiki", "yourls", "znc", "zookeeper"};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (slice_is(name, names[i]))
			return true;
	return false;
}

/* Ours by its form: one word that Docker Hub does not have, or of this machine. */
static bool is_local_name(Slice name)
{
	Slice bare = without_prefix(name, "localhost/");
	return slice_find_byte(bare, '/', 0) == SIZE_MAX && (bare.length < name.length || !is_official(bare));
}

/* From a registry on the machine itself, which only what was built there gets into. */
static bool is_own_registry(Slice name)
{
	return slice_starts(name, "localhost:") || slice_starts(name, "127.0.0.1:");
}

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

/* No tag, latest, and words without a digit, such as stable, main or alpine. */
static bool is_floating(const Use *use)
{
	if (use->digest.length)
		return false;
	if (use->tag.length == 0 || slice_starts(use->tag, "latest"))
		return true;
	for (size_t i = 0; i < use->tag.length; i++)
		if (g_ascii_isdigit(use->tag.at[i]))
			return false;
	return !is_release_name(use->tag);
}

#define MOST_EVIDENCE 30

static Slice fixed_elsewhere(const Image *image)
{
	for (guint i = 0; i < image->uses->len; i++) {
		const Use *use = &g_array_index(image->uses, Use, i);
		if (!is_floating(use) && use->tag.length)
			return use->tag;
	}
	return (Slice){"", 0};
}

static void report_floating(Checker *checker, const Image *image, const Use *first, guint count)
{
	const Graph *graph = checker_graph(checker);
	g_autofree char *places = count > 1 ? g_strdup_printf(" (%u places)", count) : g_strdup("");
	Span span = graph_span(graph, first->row);
	Finding *finding =
	        first->tag.length ? report(checker, first->row->subject, span, "'%.*s' follows the moving tag '%.*s'%s",
	                                    SLICE_ARGS(image->name), SLICE_ARGS(first->tag), places)
	                          : report(checker, first->row->subject, span,
	                                    "'%.*s' has no tag, so 'latest' is what is pulled%s",
	                                    SLICE_ARGS(image->name), places);
	set_detail(checker, finding, "%.*s", SLICE_ARGS(image->name));
	Slice fixed = fixed_elsewhere(image);
	if (fixed.length)
		set_hint(checker, finding, "elsewhere it is %.*s:%.*s", SLICE_ARGS(image->name), SLICE_ARGS(fixed));
	for (guint i = 0; i < image->uses->len && finding->n_evidence < MOST_EVIDENCE; i++) {
		const Use *use = &g_array_index(image->uses, Use, i);
		if (use != first && is_floating(use))
			add_evidence(checker, finding, graph_span(graph, use->row), "'%s' uses it too",
			        graph_name(graph, use->row->subject));
	}
}

static void check_tag_floating(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_auto(Images) images;
	images_init(&images, graph);
	for (guint i = 0; i < images.at->len; i++) {
		const Image *image = images.at->pdata[i];
		const Use *first = NULL;
		guint count = 0;
		for (guint j = 0; j < image->uses->len; j++) {
			const Use *use = &g_array_index(image->uses, Use, j);
			if (!is_floating(use))
				continue;
			first = first ? first : use;
			count++;
		}
		if (first && !image->built && !is_local_name(image->name) && !is_own_registry(image->name) &&
		        !is_set_by_kustomization(graph, image->name))
			report_floating(checker, image, first, count);
	}
}

/* ---- tag-drift ------------------------------------------------------------------------------------------ */

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
	static const char *const databases[] = {"postgres", "postgis", "pgvector", "timescale", "mysql", "mariadb",
	        "mongo", "redis", "valkey", "elasticsearch", "opensearch", "influxdb", "clickhouse", "neo4j"};
	for (size_t i = 0; i < G_N_ELEMENTS(languages); i++)
		if (slice_is(name, languages[i]))
			return 2;
	for (size_t i = 0; i < G_N_ELEMENTS(databases); i++)
		if (text_has(name, databases[i]))
			return 1;
	return 0;
}

static bool differ_on_purpose(Slice name, const Version *a, const Version *b)
{
	uint32_t numbers = MIN(free_numbers(name), MIN(a->count, b->count));
	return memcmp(a->numbers, b->numbers, numbers * sizeof *a->numbers) != 0;
}

/* The object of a Kubernetes container; NODE_NONE for a service. */
static Node object_of(const Graph *graph, const Use *use)
{
	return graph_ancestor(graph, use->row->subject, NODE_OBJECT);
}

/* A patch and what it patches: only one of the two tags is applied. */
static bool are_one_object(const Graph *graph, const Use *a, const Use *b)
{
	Node one = object_of(graph, a), other = object_of(graph, b);
	return one && other && graph_name_symbol(graph, one) == graph_name_symbol(graph, other) &&
	       graph_symbol(graph, one, FACT_KIND) == graph_symbol(graph, other, FACT_KIND);
}

/* What a chart was rendered into has the chart's versions. */
static bool is_rendered(const Graph *graph, const Use *use)
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
static Slice scope_of(Slice path)
{
	static const char *const parents[] = {
	        "clusters", "cluster", "hosts", "overlays", "environments", "envs", "machines"};
	static const char *const stages[] = {
	        "dev", "development", "staging", "stage", "prod", "production", "test", "lab"};
	Slice last = {"", 0};
	for (size_t start = 0, end; (end = slice_find_byte(path, '/', start)) != SIZE_MAX; start = end + 1) {
		Slice part = slice_sub(path, start, end);
		for (size_t i = 0; i < G_N_ELEMENTS(parents); i++)
			if (slice_is(last, parents[i]))
				return slice_sub(path, 0, end);
		for (size_t i = 0; i < G_N_ELEMENTS(stages); i++)
			if (slice_is(part, stages[i]))
				return slice_sub(path, 0, end);
		last = part;
	}
	return (Slice){"", 0};
}

typedef struct Fixed {
	const Use *use;
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

static void report_drift(Checker *checker, const Image *image, const GArray *fixed, const Fixed *old, const Fixed *new)
{
	const Graph *graph = checker_graph(checker);
	Finding *finding = report(checker, old->use->row->subject, graph_span(graph, old->use->row),
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
}

/* All pairs are compared. */
#define MOST_COMPARED 300

/* The oldest use against the newest that it disagrees with. */
static void check_drift(Checker *checker, const Image *image)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GArray) fixed = g_array_new(FALSE, FALSE, sizeof(Fixed));
	for (guint i = 0; i < image->uses->len; i++) {
		const Use *use = &g_array_index(image->uses, Use, i);
		Fixed one = {.use = use};
		one.scope = scope_of(slice_from(graph_file_path(graph, graph_file_of(graph, use->row->subject))));
		if (fixed->len < MOST_COMPARED && read_version(use->tag, &one.version) && !is_rendered(graph, use))
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
	for (guint i = 0; i < images.at->len; i++)
		check_drift(checker, images.at->pdata[i]);
}

/* ---- image-never-built ------------------------------------------------------------------------------------ */

/* Files in which an image is built, loaded or renamed. */
static bool builds_images(const Graph *graph, uint32_t file, void *data)
{
	static const char *const words[] = {"docker build", "podman build", "buildah", "buildx", "build-push-action",
	        "nerdctl build", "nerdctl -n", "kaniko", "docker-bake", "dockerTools", "ko build", "skaffold",
	        "docker_build", "earthly", "images import", "image import", "docker load", "kind load", "k3d image",
	        "docker tag", "podman tag", "docker image build", "compose build", "docker save", "image load"};
	Slice bytes = graph_file_bytes(graph, file), name = path_name(slice_from(graph_file_path(graph, file)));
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (text_has(bytes, words[i]))
			return true;
	return slice_starts(name, "kustomization.") && text_has(bytes, "images:");
}

/* A tracked Dockerfile in a folder of the image's name. */
static Node build_file_of(const Graph *graph, Slice name)
{
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		Slice path = slice_from(graph_file_path(graph, file));
		bool is_one =
		        slice_starts(path_name(path), "Dockerfile") || slice_starts(path_name(path), "Containerfile");
		if (is_one && slice_equal(path_name(path_folder(path)), name))
			return graph_file_node(graph, file);
	}
	return NODE_NONE;
}

static bool any_file_builds(const Graph *graph)
{
	for (uint32_t file = 0; file < graph_files(graph); file++)
		if (builds_images(graph, file, NULL))
			return true;
	return false;
}

/* Compose names what it builds after the project and the service where no image is written. */
static bool is_compose_built(const Graph *graph, Slice name)
{
	GRAPH_EACH (graph, FACT_BUILD_CONTEXT, row) {
		Node compose = graph_ancestor(graph, row->subject, NODE_COMPOSE);
		if (!compose)
			continue;
		for (const char *join = "-_"; *join; join++) {
			g_autofree char *built = g_strdup_printf(
			        "%s%c%s", graph_name(graph, compose), *join, graph_name(graph, row->subject));
			if (slice_is(name, built))
				return true;
		}
	}
	return false;
}

/* The first use that says when to pull: Never and IfNotPresent mean that the image is put on the nodes by hand. */
static const Row *find_policy(const Graph *graph, const Image *image)
{
	for (guint i = 0; i < image->uses->len; i++) {
		const Row *policy =
		        graph_find(graph, g_array_index(image->uses, Use, i).row->subject, FACT_PULL_POLICY);
		const char *word = policy ? graph_symbol_text(graph, policy->object) : "";
		if (strcmp(word, "Never") == 0 || strcmp(word, "IfNotPresent") == 0)
			return policy;
	}
	return NULL;
}

static void report_never_built(Checker *checker, const Image *image, Slice name, Node build_file)
{
	const Graph *graph = checker_graph(checker);
	const Use *first = &g_array_index(image->uses, Use, 0);
	const Row *policy = find_policy(graph, image);
	bool hub = name.length == image->name.length;
	Finding *finding = report(checker, first->row->subject, graph_span(graph, first->row),
	        hub ? "nothing builds the image '%.*s', and Docker Hub has none of that name"
	            : "nothing builds the image '%.*s', which no registry can have",
	        SLICE_ARGS(image->name));
	set_detail(checker, finding, "%.*s", SLICE_ARGS(name));
	for (guint i = 1; i < MIN(image->uses->len, MOST_EVIDENCE); i++) {
		const Use *use = &g_array_index(image->uses, Use, i);
		add_evidence(checker, finding, graph_span(graph, use->row), "'%s' uses it too",
		        graph_name(graph, use->row->subject));
	}
	if (policy)
		add_evidence(checker, finding, graph_span(graph, policy),
		        "%s: it has to be on the node already, and no script says how it gets there",
		        graph_symbol_text(graph, policy->object));
	if (build_file)
		add_evidence(checker, finding, graph_place(graph, build_file), "this would build it, if something did");
}

static void check_image_never_built(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_auto(Images) images;
	images_init(&images, graph);
	for (guint i = 0; i < images.at->len; i++) {
		const Image *image = images.at->pdata[i];
		Slice name = without_prefix(image->name, "localhost/");
		Span span;
		if (image->uses->len == 0 || image->built || !is_local_name(image->name) ||
		        is_set_by_kustomization(graph, image->name) || is_compose_built(graph, name) ||
		        search_word(graph, name, builds_images, NULL, NULL, &span))
			continue;
		Node build_file = build_file_of(graph, name);
		/* A loop over folders builds it without naming it. */
		if (!build_file || !any_file_builds(graph))
			report_never_built(checker, image, name, build_file);
	}
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
                .peers = "kube-score: container-image-tag; kube-linter: latest-tag; hadolint: DL3007",
                .check = check_tag_floating,
        },
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
