/* Finding an engine and talking to it. The only place that knows of sockets, versions and Docker's contexts. */
#include "engine/inner.h"

#include "base/error.h"
#include "base/http.h"

#include <errno.h>
#include <unistd.h>

#define NEWEST_MINOR 43 /* what is known here; 1.41 is the oldest that is spoken */
#define OLDEST_MINOR 41
#define MOST_SURPRISES 5
#define PATIENCE 180 /* seconds without a byte: pulls and builds report less often than that */

struct Engine {
	Http *http;
	char *address, *target; /* "unix:///run/docker.sock", "/run/docker.sock" */
	char *name, *architecture, *prefix;
	bool podman;
	GCancellable *interrupt; /* borrowed; or NULL */
};

GQuark engine_error_quark(void)
{
	return g_quark_from_static_string("labwright-engine");
}

bool engine_said(const GError *error, uint32_t status)
{
	return g_error_matches(error, engine_error_quark(), (gint)status);
}

/* ---- requests ------------------------------------------------------------------------------------------ */

/* The engine's own words: {"message": …}, Podman adds a cause. */
static void set_refusal(const HttpReply *reply, GError **error)
{
	gsize length;
	const char *bytes = g_bytes_get_data(reply->body, &length);
	g_autoptr(Json) value = json_parse((Slice){bytes, length}, NULL);
	const char *message = json_text_at(value, "message");
	g_autofree char *text = message ? g_strdup(message) : g_strndup(bytes, MIN(length, 400));
	g_set_error(error, engine_error_quark(), (gint)reply->status, "%s",
	        *g_strstrip(text) ? text : "the engine refused without a word");
}

static bool ask(Engine *engine, const char *method, const char *path, GBytes *bytes, const char *type, Json **ret,
        GError **error)
{
	g_auto(HttpReply) reply = {0};
	g_autofree char *whole = g_strconcat(engine->prefix, path, NULL);
	if (!http_ask(engine->http, method, whole, bytes, type, &reply, error)) {
		g_prefix_error(error, "%s does not answer: ", engine->address);
		return false;
	}
	if (reply.status >= 400) {
		set_refusal(&reply, error);
		return false;
	}
	gsize length;
	const char *text = g_bytes_get_data(reply.body, &length);
	if (ret)
		*ret = length ? json_parse((Slice){text, length}, error) : json_new_nil();
	return !ret || *ret;
}

static GBytes *bytes_of(const Json *body)
{
	if (!body)
		return NULL;
	char *text = json_print(body);
	return g_bytes_new_take(text, strlen(text));
}

bool engine_was_surprised(const Engine *engine, const GError *error)
{
	return engine_is_podman(engine) && engine_said(error, 500) && strstr(error->message, "no such process");
}

Json *engine_get(Engine *engine, const char *path, GError **error)
{
	for (uint32_t tries = 0;; tries++) {
		Json *value = NULL;
		g_autoptr(GError) problem = NULL;
		if (ask(engine, "GET", path, NULL, NULL, &value, &problem))
			return value;
		if (tries == MOST_SURPRISES || !engine_was_surprised(engine, problem)) {
			g_propagate_error(error, g_steal_pointer(&problem));
			return NULL;
		}
		g_usleep(50000);
	}
}

bool engine_send(Engine *engine, const char *method, const char *path, const Json *body, Json **ret, GError **error)
{
	g_autoptr(GBytes) bytes = bytes_of(body);
	return ask(engine, method, path, bytes, NULL, ret, error);
}

bool engine_put(Engine *engine, const char *method, const char *path, GBytes *bytes, const char *type, GError **error)
{
	return ask(engine, method, path, bytes, type, NULL, error);
}

GInputStream *engine_stream(Engine *engine, const char *method, const char *path, const Json *body,
        GCancellable *cancellable, GError **error)
{
	g_autoptr(GBytes) bytes = bytes_of(body);
	g_autofree char *whole = g_strconcat(engine->prefix, path, NULL);
	return http_open(engine->http, method, whole, bytes, NULL, cancellable, error);
}

GInputStream *engine_stream_bytes(Engine *engine, const char *path, GBytes *bytes, const char *type, GError **error)
{
	g_autofree char *whole = g_strconcat(engine->prefix, path, NULL);
	return http_open(engine->http, "POST", whole, bytes, type, NULL, error);
}

GIOStream *engine_talk(Engine *engine, const char *path, const Json *body, GError **error)
{
	g_autoptr(GBytes) bytes = bytes_of(body);
	g_autofree char *whole = g_strconcat(engine->prefix, path, NULL);
	return http_upgrade(engine->http, whole, bytes, NULL, error);
}

/* ---- finding ------------------------------------------------------------------------------------------- */

void engine_choice_clear(EngineChoice *choice)
{
	g_clear_pointer(&choice->host, g_free);
	g_clear_pointer(&choice->context, g_free);
	g_clear_pointer(&choice->listen, g_free);
	g_clear_pointer(&choice->proxy_image, g_free);
}

/* The endpoint of a context of Docker, NULL for the one that `docker context use` chose; or NULL. Docker keeps each
 * context in a folder named by the SHA-256 of its name. */
static char *context_address(const char *asked)
{
	const char *config = g_getenv("DOCKER_CONFIG"), *chosen = asked ? asked : g_getenv("DOCKER_CONTEXT");
	g_autofree char *folder = config ? g_strdup(config) : g_build_filename(g_get_home_dir(), ".docker", NULL);
	g_autofree char *path = g_build_filename(folder, "config.json", NULL), *text = NULL, *meta = NULL;
	g_autoptr(Json) settings = NULL, context = NULL;
	gsize length;
	if (!chosen && g_file_get_contents(path, &text, &length, NULL)) {
		settings = json_parse((Slice){text, length}, NULL);
		chosen = json_text_at(settings, "currentContext");
	}
	if (!chosen || strcmp(chosen, "default") == 0)
		return NULL;
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, chosen, -1);
	g_autofree char *where = g_build_filename(folder, "contexts", "meta", sum, "meta.json", NULL);
	if (!g_file_get_contents(where, &meta, &length, NULL))
		return NULL;
	context = json_parse((Slice){meta, length}, NULL);
	return g_strdup(json_text_at(context, "Endpoints.docker.Host"));
}

/* What http_new takes, or NULL for a scheme that is not spoken. */
static char *target_of(const char *address)
{
	if (g_str_has_prefix(address, "unix://"))
		return g_strdup(address + strlen("unix://"));
	if (g_str_has_prefix(address, "tcp://"))
		return g_strconcat("http://", address + strlen("tcp://"), NULL);
	return *address == '/' || g_str_has_prefix(address, "http://") ? g_strdup(address) : NULL;
}

static void set_version(Engine *engine, const char *api)
{
	guint64 minor = api && g_str_has_prefix(api, "1.") ? g_ascii_strtoull(api + 2, NULL, 10) : OLDEST_MINOR;
	g_free(engine->prefix);
	engine->prefix = g_strdup_printf("/v1.%u", (unsigned)CLAMP(minor, OLDEST_MINOR, NEWEST_MINOR));
}

static void set_name(Engine *engine, bool podman, Slice number)
{
	size_t plus = MIN(slice_find_byte(number, '+', 0), number.length);
	engine->podman = podman;
	engine->name = g_strdup_printf("%s %.*s", podman ? "Podman" : "Docker", (int)plus, number.at);
}

/* "Docker/20.10.24 (linux)", "Libpod/4.3.1 (linux)": what engines say of themselves at every answer. */
static bool read_server(Engine *engine, const HttpReply *reply)
{
	const char *server = g_hash_table_lookup(reply->headers, "server"),
	           *slash = server ? strchr(server, '/') : NULL;
	bool podman = server && g_str_has_prefix(server, "Libpod/");
	if (!podman && !(server && g_str_has_prefix(server, "Docker/")))
		return false;
	set_name(engine, podman, (Slice){slash + 1, strcspn(slash + 1, " ")});
	set_version(engine, g_hash_table_lookup(reply->headers, "api-version"));
	return true;
}

static void read_version(Engine *engine, const Json *version)
{
	const char *number = json_text_at(version, "Version");
	bool podman = false;
	JSON_EACH (json_get(version, "Components"), component)
		if (g_strcmp0(json_text_at(component, "Name"), "Podman Engine") == 0)
			podman = true;
	set_name(engine, podman, slice_from(number ? number : ""));
	set_version(engine, json_text_at(version, "ApiVersion"));
}

/* Who answers there. Podman takes a second to gather the versions of all its helpers, so these are asked for only where
 * the answer to a ping does not tell. */
static bool meet(Engine *engine, GError **error)
{
	g_auto(HttpReply) reply = {0};
	if (!http_ask_with(engine->http, "GET", "/_ping", NULL, &reply, error)) {
		g_prefix_error(error, "%s does not answer: ", engine->address);
		return false;
	}
	if (reply.status < 400 && read_server(engine, &reply))
		return true;
	g_autoptr(Json) version = engine_get(engine, "/version", error);
	if (version)
		read_version(engine, version);
	return version != NULL;
}

static Engine *connect_to(const char *address, GError **error)
{
	g_autofree char *target = target_of(address);
	if (!target) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK,
		        g_str_has_prefix(address, "context ") ? "docker knows no such context"
		                                              : "only unix:// and tcp:// are spoken");
		return NULL;
	}
	if (*target == '/' && access(target, W_OK) != 0) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "%s",
		        errno == EACCES
		                ? "permission denied; it is for root and for the group that owns it, mostly docker"
		                : "no such socket");
		return NULL;
	}
	g_autoptr(Engine) engine = g_new0(Engine, 1);
	engine->address = g_strdup(address);
	engine->target = g_steal_pointer(&target);
	engine->http = http_new(engine->target, PATIENCE);
	engine->prefix = g_strdup("");
	if (!meet(engine, error))
		return NULL;
	return g_steal_pointer(&engine);
}

/* Where engines listen by default; each is freed with g_free. */
static GPtrArray *usual_places(void)
{
	GPtrArray *places = g_ptr_array_new_with_free_func(g_free);
	const char *runtime = g_get_user_runtime_dir();
	g_ptr_array_add(places, g_strdup("unix:///run/docker.sock"));
	g_ptr_array_add(places, g_strdup_printf("unix://%s/docker.sock", runtime));
	g_ptr_array_add(places, g_strdup_printf("unix://%s/.docker/run/docker.sock", g_get_home_dir()));
	g_ptr_array_add(places, g_strdup_printf("unix://%s/podman/podman.sock", runtime));
	g_ptr_array_add(places, g_strdup("unix:///run/podman/podman.sock"));
	return places;
}

/* The one place that somebody named, and in *ret_who who did; NULL where nobody did. */
static char *named_place(const EngineChoice *choice, const char **ret_who)
{
	const char *host = g_getenv("DOCKER_HOST");
	if (host && *host) {
		*ret_who = "DOCKER_HOST";
		return g_strdup(host);
	}
	*ret_who = "engine in labwright.yaml";
	if (choice && choice->host)
		return g_strdup(choice->host);
	if (choice && choice->context) {
		char *address = context_address(choice->context);
		return address ? address : g_strdup_printf("context %s", choice->context);
	}
	*ret_who = "the current docker context";
	return context_address(NULL);
}

Engine *engine_open(const EngineChoice *choice, GError **error)
{
	const char *who;
	g_autofree char *named = named_place(choice, &who);
	if (!archive_load(error))
		return NULL;
	g_autoptr(GPtrArray) places = named ? g_ptr_array_new_with_free_func(g_free) : usual_places();
	if (named)
		g_ptr_array_add(places, g_strdup(named));
	g_autoptr(GString) tried = g_string_new(NULL);
	for (guint i = 0; i < places->len; i++) {
		g_autoptr(GError) problem = NULL;
		Engine *engine = connect_to(places->pdata[i], &problem);
		if (engine)
			return engine;
		g_string_append_printf(tried, "\n%s: %s", (char *)places->pdata[i], problem->message);
	}
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "no container engine answers%s%s%s%s", tried->str,
	        named ? "\n" : "", named ? who : "", named ? " says so" : "");
	error_add_help(
	        error, "start Docker or Podman's socket (systemctl start docker, podman.socket), or set DOCKER_HOST");
	return NULL;
}

Engine *engine_again(const Engine *engine)
{
	Engine *again = g_new0(Engine, 1);
	again->address = g_strdup(engine->address);
	again->target = g_strdup(engine->target);
	again->name = g_strdup(engine->name);
	again->architecture = g_strdup(engine->architecture);
	again->prefix = g_strdup(engine->prefix);
	again->podman = engine->podman;
	again->http = http_new(again->target, PATIENCE);
	return again;
}

void engine_free(Engine *engine)
{
	if (!engine)
		return;
	http_free(engine->http);
	g_free(engine->address);
	g_free(engine->target);
	g_free(engine->name);
	g_free(engine->architecture);
	g_free(engine->prefix);
	g_free(engine);
}

void engine_set_interrupt(Engine *engine, GCancellable *interrupt)
{
	engine->interrupt = interrupt;
}

GCancellable *engine_interrupt(const Engine *engine)
{
	return engine->interrupt;
}

const char *engine_name(const Engine *engine)
{
	return engine->name;
}

bool engine_is_podman(const Engine *engine)
{
	return engine->podman;
}

const char *engine_architecture(Engine *engine)
{
	g_autoptr(Json) version = engine->architecture ? NULL : engine_get(engine, "/version", NULL);
	const char *word = json_text_at(version, "Arch");
	if (!engine->architecture)
		engine->architecture = g_strdup(word ? word : "amd64");
	return engine->architecture;
}
