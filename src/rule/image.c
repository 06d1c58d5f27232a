/* Image references taken apart, and which names are ours. */
#include "rule/image.h"

#include "rule/extended.h"
#include "rule/rule.h"
#include "rule/search.h"

#include <string.h>

typedef struct Reference {
	Slice name, tag, digest;
} Reference;

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
	image->uses = g_array_new(FALSE, FALSE, sizeof(ImageUse));
	g_ptr_array_add(images->at, image);
	g_hash_table_insert(images->by_name, g_steal_pointer(&key), image);
	return image;
}

void images_init(Images *images, const Graph *graph)
{
	images->at = g_ptr_array_new_with_free_func(image_free);
	images->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) replaced = images_replaced(graph);
	GRAPH_EACH (graph, FACT_IMAGE, row) {
		Reference reference;
		if (g_hash_table_contains(replaced, GUINT_TO_POINTER(row->subject)) ||
		        !read_reference(graph_symbol_slice(graph, row->object), &reference))
			continue;
		Image *image = get_image(images, reference.name);
		image->built |= graph_has(graph, row->subject, FACT_BUILD_CONTEXT);
		ImageUse use = {row, reference.tag, reference.digest};
		if (!is_quiet(graph, row->subject))
			g_array_append_val(image->uses, use);
	}
}

void images_clear(Images *images)
{
	g_hash_table_unref(images->by_name);
	g_ptr_array_unref(images->at);
}

bool image_is_set_by_kustomization(const Graph *graph, Slice name)
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

Slice image_bare_name(Slice name)
{
	return without_prefix(name, "localhost/");
}

bool image_is_database(Slice name)
{
	static const char *const parts[] = {"postgres", "postgis", "pgvector", "timescale", "mysql", "mariadb", "mongo",
	        "redis", "valkey", "elasticsearch", "opensearch", "influxdb", "clickhouse", "neo4j"};
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
		if (text_has(name, parts[i]))
			return true;
	return false;
}

bool image_is_local(Slice name)
{
	Slice bare = image_bare_name(name);
	return slice_find_byte(bare, '/', 0) == SIZE_MAX && (bare.length < name.length || !is_official(bare));
}
