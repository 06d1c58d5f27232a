/* The distribution API as far as it reads: heads of manifests, indexes of platforms, lists of tags.
 *
 * A registry that wants a token says where to get one, and anybody gets one for what is public. 404 is the only answer
 * that says that something is missing: 401 and 403 are also said of what does not exist, so they say nothing. One that
 * limits requests is waited for once and briefly, and left alone after that. */
#include "flow/registry.h"

#include "base/http.h"
#include "base/json.h"

#define PATIENCE 10                        /* seconds for one request */
#define LONGEST (120 * G_TIME_SPAN_SECOND) /* for all of one registry */
#define LONGEST_WAIT 5                     /* seconds that a limit is waited for */
#define MOST_PAGES 8
#define MOST_TAGS 20000
#define LARGEST_ANSWER (8u << 20)

static const char accepted[] = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
                               "application/vnd.docker.distribution.manifest.list.v2+json, "
                               "application/vnd.docker.distribution.manifest.v2+json";

struct Registry {
	char *host;
	Http *http;
	GHashTable *tokens; /* repository to token */
	char *silence;
	int64_t until; /* monotonic time */
};

/* localhost, 127.0.0.1 and [::1] have no certificates. */
static bool is_of_this_machine(const char *host)
{
	return g_str_has_prefix(host, "localhost:") || g_str_has_prefix(host, "127.") ||
	       g_str_has_prefix(host, "[::1]") || strcmp(host, "localhost") == 0;
}

Registry *registry_new(const char *host)
{
	Registry *registry = g_new0(Registry, 1);
	bool hub = strcmp(host, "docker.io") == 0;
	g_autofree char *address = g_strdup_printf(
	        "%s://%s", is_of_this_machine(host) ? "http" : "https", hub ? "registry-1.docker.io" : host);
	registry->host = g_strdup(host);
	registry->http = http_new(address, PATIENCE);
	registry->tokens = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	registry->until = g_get_monotonic_time() + LONGEST;
	return registry;
}

void registry_free(Registry *registry)
{
	if (!registry)
		return;
	g_hash_table_unref(registry->tokens);
	http_free(registry->http);
	g_free(registry->host);
	g_free(registry->silence);
	g_free(registry);
}

const char *registry_silence(const Registry *registry)
{
	return registry->silence;
}

static void fall_silent(Registry *registry, const char *why)
{
	if (!registry->silence)
		registry->silence = g_strdup(why);
}

/* ---- tokens ------------------------------------------------------------------------------------------- */

/* name="value" of `Bearer realm="…",service="…",scope="…"`; free with g_free, NULL where it is not there. */
static char *parameter(const char *challenge, const char *name)
{
	g_autofree char *key = g_strdup_printf("%s=\"", name);
	const char *start = strstr(challenge, key);
	if (!start)
		return NULL;
	start += strlen(key);
	return g_strndup(start, strcspn(start, "\""));
}

static char *token_path(const char *path, const char *challenge, const char *repository)
{
	g_autofree char *service = parameter(challenge, "service"), *scope = parameter(challenge, "scope");
	g_autofree char *usual = g_strdup_printf("repository:%s:pull", repository);
	g_autofree char *for_service = service ? http_escape(service) : NULL;
	g_autofree char *for_scope = http_escape(scope ? scope : usual);
	return g_strdup_printf("%s%sscope=%s%s%s", path, strchr(path, '?') ? "&" : "?", for_scope,
	        service ? "&service=" : "", service ? for_service : "");
}

/* Asks where the registry says. A realm without a certificate is only one of this machine. */
static bool fetch_token(Registry *registry, const char *challenge, const char *repository)
{
	g_autofree char *realm = parameter(challenge, "realm"), *origin = NULL, *path = NULL;
	g_auto(HttpReply) reply = {0};
	if (!g_str_has_prefix(challenge, "Bearer ") || !realm || !http_split(realm, &origin, &path) ||
	        (g_str_has_prefix(origin, "http:") && !is_of_this_machine(origin + strlen("http://"))))
		return false;
	g_autoptr(Http) http = http_new(origin, PATIENCE);
	g_autofree char *whole = token_path(path, challenge, repository);
	if (!http_ask_with(http, "GET", whole, NULL, &reply, NULL) || reply.status != 200)
		return false;
	g_autoptr(Json) answer =
	        json_parse((Slice){g_bytes_get_data(reply.body, NULL), g_bytes_get_size(reply.body)}, NULL);
	const char *token = json_text_at(answer, "token");
	token = token ? token : json_text_at(answer, "access_token");
	if (!token)
		return false;
	g_hash_table_insert(registry->tokens, g_strdup(repository), g_strdup(token));
	return true;
}

/* ---- requests ------------------------------------------------------------------------------------------ */

static bool ask_once(
        Registry *registry, const char *method, const char *repository, const char *path, HttpReply *ret_reply)
{
	g_autoptr(GError) error = NULL;
	const char *token = g_hash_table_lookup(registry->tokens, repository);
	g_autofree char *bearer = token ? g_strconcat("Bearer ", token, NULL) : NULL;
	const char *headers[] = {"Accept", accepted, bearer ? "Authorization" : NULL, bearer, NULL};
	if (g_get_monotonic_time() > registry->until) {
		fall_silent(registry, "it takes too long");
		return false;
	}
	http_reply_clear(ret_reply);
	if (http_ask_with(registry->http, method, path, headers, ret_reply, &error))
		return true;
	g_autofree char *why = g_strdup_printf("not reached: %s", error ? error->message : "no answer");
	fall_silent(registry, why);
	return false;
}

static const char *header(const HttpReply *reply, const char *name)
{
	const char *value = reply->headers ? g_hash_table_lookup(reply->headers, name) : NULL;
	return value ? value : "";
}

/* Docker Hub says how many pulls are left; one that has none is not asked for more. */
static void mind_limit(Registry *registry, const HttpReply *reply)
{
	const char *left = header(reply, "ratelimit-remaining");
	if (*left && g_ascii_strtoull(left, NULL, 10) == 0)
		fall_silent(registry, "it limits how often it may be asked");
}

/* False where there is no answer to go by. */
static bool ask(Registry *registry, const char *method, const char *repository, const char *path, HttpReply *ret_reply)
{
	bool waited = false, authorized = false;
	while (!registry->silence && ask_once(registry, method, repository, path, ret_reply)) {
		guint64 wait = g_ascii_strtoull(header(ret_reply, "retry-after"), NULL, 10);
		if (ret_reply->status == 429 && !waited && wait <= LONGEST_WAIT) {
			g_usleep((gulong)MAX(wait, 1) * G_USEC_PER_SEC);
			waited = true;
		} else if (ret_reply->status == 429) {
			fall_silent(registry, "it limits how often it may be asked");
		} else if (ret_reply->status == 401 && !authorized) {
			authorized = true;
			if (!fetch_token(registry, header(ret_reply, "www-authenticate"), repository))
				return false;
		} else {
			mind_limit(registry, ret_reply);
			return true;
		}
	}
	return false;
}

static Json *parse_body(const HttpReply *reply)
{
	gsize length = 0;
	const char *bytes = g_bytes_get_data(reply->body, &length);
	return length <= LARGEST_ANSWER ? json_parse((Slice){bytes, length}, NULL) : NULL;
}

/* ---- questions ------------------------------------------------------------------------------------------- */

/* A head has no body to say what is missing, so the tags are asked for. */
static RegistrySays what_is_missing(Registry *registry, const char *repository)
{
	g_autofree char *path = g_strdup_printf("/v2/%s/tags/list?n=1", repository);
	g_auto(HttpReply) reply = {0};
	if (!ask(registry, "GET", repository, path, &reply))
		return REGISTRY_SAYS_NOTHING;
	if (reply.status == 404)
		return REGISTRY_LACKS_NAME;
	return reply.status == 200 ? REGISTRY_LACKS_TAG : REGISTRY_SAYS_NOTHING;
}

RegistrySays registry_find(Registry *registry, const char *repository, const char *reference)
{
	g_autofree char *path = g_strdup_printf("/v2/%s/manifests/%s", repository, reference);
	g_auto(HttpReply) reply = {0};
	if (!ask(registry, "HEAD", repository, path, &reply))
		return REGISTRY_SAYS_NOTHING;
	if (reply.status == 404)
		return what_is_missing(registry, repository);
	return reply.status == 200 ? REGISTRY_HAS : REGISTRY_SAYS_NOTHING;
}

/* Attestations stand among the platforms as "unknown". */
static void add_platforms(GPtrArray *platforms, const Json *index)
{
	JSON_EACH (json_get(index, "manifests"), manifest) {
		const char *architecture = json_text_at(manifest, "platform.architecture");
		if (architecture && strcmp(architecture, "unknown") != 0 &&
		        !g_ptr_array_find_with_equal_func(platforms, architecture, g_str_equal, NULL))
			g_ptr_array_add(platforms, g_strdup(architecture));
	}
}

/* An image for one platform says which in its configuration. */
static void add_configured(Registry *registry, GPtrArray *platforms, const char *repository, const Json *manifest)
{
	const char *digest = json_text_at(manifest, "config.digest");
	g_auto(HttpReply) reply = {0};
	if (!digest)
		return;
	g_autofree char *path = g_strdup_printf("/v2/%s/blobs/%s", repository, digest);
	if (!ask(registry, "GET", repository, path, &reply) || reply.status != 200)
		return;
	g_autoptr(Json) config = parse_body(&reply);
	const char *architecture = json_text_at(config, "architecture");
	if (architecture)
		g_ptr_array_add(platforms, g_strdup(architecture));
}

GPtrArray *registry_platforms(Registry *registry, const char *repository, const char *reference)
{
	g_autofree char *path = g_strdup_printf("/v2/%s/manifests/%s", repository, reference);
	g_autoptr(GPtrArray) platforms = g_ptr_array_new_with_free_func(g_free);
	g_auto(HttpReply) reply = {0};
	if (!ask(registry, "GET", repository, path, &reply) || reply.status != 200)
		return NULL;
	g_autoptr(Json) manifest = parse_body(&reply);
	add_platforms(platforms, manifest);
	if (platforms->len == 0)
		add_configured(registry, platforms, repository, manifest);
	return platforms->len ? g_steal_pointer(&platforms) : NULL;
}

/* </v2/name/tags/list?n=1000&last=x>; rel="next" as a path, or NULL. */
static char *next_page(const HttpReply *reply)
{
	const char *link = header(reply, "link");
	if (*link != '<' || !strstr(link, "next"))
		return NULL;
	g_autofree char *url = g_strndup(link + 1, strcspn(link + 1, ">")), *origin = NULL;
	char *path = NULL;
	if (*url == '/')
		return g_steal_pointer(&url);
	return http_split(url, &origin, &path) ? path : NULL;
}

GPtrArray *registry_tags(Registry *registry, const char *repository)
{
	g_autoptr(GPtrArray) tags = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *path = g_strdup_printf("/v2/%s/tags/list?n=1000", repository);
	for (int page = 0; path && page < MOST_PAGES; page++) {
		g_auto(HttpReply) reply = {0};
		if (!ask(registry, "GET", repository, path, &reply) || reply.status != 200)
			return NULL;
		g_autoptr(Json) answer = parse_body(&reply);
		JSON_EACH (json_get(answer, "tags"), tag)
			if (json_text(tag) && tags->len < MOST_TAGS)
				g_ptr_array_add(tags, g_strdup(json_text(tag)));
		g_free(path);
		path = next_page(&reply);
	}
	return g_steal_pointer(&tags);
}
