/* Asking a container whether it is ready: by a command in it, by HTTP, by a connection, or by what the engine knows.
 *
 * The same on both engines, since Podman never runs a health check by itself. HTTP and TCP go to the container's own
 * address, which a rootless engine keeps in a network place of its own: what cannot be reached is unknown, not unready.
 */
#include "engine/inner.h"

#include "base/http.h"

/* ---- as a label
 * ------------------------------------------------------------------------------------------------------ */

static const char *const words[] = {"none", "exec", "http", "tcp", "engine"};

char *probe_label(const UnitProbe *probe)
{
	if (probe->kind == PROBE_NONE)
		return NULL;
	g_autoptr(Json) out = json_new_map();
	json_set_text(out, "kind", words[probe->kind]);
	for (char **word = probe->command; word && *word; word++)
		json_append_text(json_list_in(out, "command"), *word);
	json_set_text(out, "path", probe->path);
	if (probe->tls)
		json_set_bool(out, "tls", true);
	if (probe->port)
		json_set_number(out, "port", probe->port);
	json_set_number(out, "delay", probe->delay);
	json_set_number(out, "period", probe->period);
	json_set_number(out, "timeout", probe->timeout);
	json_set_number(out, "failures", probe->failures);
	return json_canonical(out);
}

UnitProbe probe_parse(const char *label)
{
	UnitProbe probe = {.kind = PROBE_NONE};
	g_autoptr(Json) json = label ? json_parse(slice_from(label), NULL) : NULL;
	const char *kind = json_text_at(json, "kind");
	for (size_t i = 0; kind && i < G_N_ELEMENTS(words); i++)
		if (strcmp(words[i], kind) == 0)
			probe.kind = (ProbeKind)i;
	g_autoptr(GPtrArray) command = g_ptr_array_new();
	JSON_EACH (json_get(json, "command"), word)
		g_ptr_array_add(command, g_strdup(json_text(word) ? json_text(word) : ""));
	if (command->len) {
		g_ptr_array_add(command, NULL);
		probe.command = (char **)g_ptr_array_steal(command, NULL);
	}
	probe.path = g_strdup(json_text_at(json, "path"));
	probe.tls = json_true_at(json, "tls", false);
	probe.port = (uint16_t)json_number_at(json, "port", 0);
	probe.delay = (uint32_t)json_number_at(json, "delay", 0);
	probe.period = (uint32_t)json_number_at(json, "period", 10);
	probe.timeout = (uint32_t)json_number_at(json, "timeout", 1);
	probe.failures = (uint32_t)json_number_at(json, "failures", 3);
	return probe;
}

/* ---- asking
 * ------------------------------------------------------------------------------------------------------------ */

static void say(char **ret_why, char *take_text)
{
	if (ret_why)
		*ret_why = take_text;
	else
		g_free(take_text);
}

static Readiness ask_command(Engine *engine, const LiveContainer *container, const UnitProbe *probe, char **ret_why)
{
	g_autofree char *output = NULL;
	g_autoptr(GError) error = NULL;
	int code = 0;
	if (!engine_exec(engine, container->id, (const char *const *)probe->command, probe->timeout, &code, &output,
	            &error)) {
		say(ret_why, g_strdup(error->message));
		return READY_NO;
	}
	if (code != 0)
		say(ret_why, g_strdup_printf("'%s' ended with %d: %s", probe->command[0], code, g_strstrip(output)));
	return code == 0 ? READY_YES : READY_NO;
}

static Readiness ask_http(const LiveContainer *container, const UnitProbe *probe, char **ret_why)
{
	g_autofree char *base =
	        g_strdup_printf("%s://%s:%u", probe->tls ? "https" : "http", container->address, probe->port);
	g_autoptr(Http) http = http_new_trusting(base, probe->timeout);
	g_auto(HttpReply) reply = {0};
	g_autoptr(GError) error = NULL;
	if (!http_ask(http, "GET", probe->path, NULL, NULL, &reply, &error)) {
		say(ret_why, g_strdup_printf("port %u: %s", probe->port, error->message));
		return g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE) ||
		                       g_error_matches(error, G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE)
		               ? READY_UNKNOWN
		               : READY_NO;
	}
	if (reply.status < 200 || reply.status >= 400) {
		say(ret_why, g_strdup_printf("GET %s on port %u: status %u", probe->path, probe->port, reply.status));
		return READY_NO;
	}
	return READY_YES;
}

static Readiness ask_port(Engine *engine, const LiveContainer *container, const UnitProbe *probe, char **ret_why)
{
	g_autoptr(GSocketClient) client = g_socket_client_new();
	g_autoptr(GError) error = NULL;
	g_socket_client_set_timeout(client, probe->timeout);
	g_autoptr(GSocketConnection) connection = g_socket_client_connect_to_host(
	        client, container->address, probe->port, engine_interrupt(engine), &error);
	if (connection)
		return READY_YES;
	say(ret_why, g_strdup_printf("port %u: %s", probe->port, error->message));
	return READY_NO;
}

/* Podman runs a check only when told to; Docker has run it by its own clock. */
static Readiness ask_engine(Engine *engine, const LiveContainer *container, char **ret_why)
{
	g_autofree char *path = engine_is_podman(engine)
	                                ? g_strdup_printf("/libpod/containers/%s/healthcheck", container->id)
	                                : g_strdup_printf("/containers/%s/json", container->id);
	g_autoptr(GError) error = NULL;
	g_autoptr(Json) json = engine_get(engine, path, &error);
	const Json *health = engine_is_podman(engine) ? json : json_at(json, "State.Health");
	const char *status = json_text_at(health, "Status");
	const Json *log = json_get(health, "Log");
	const char *output = json_count(log) ? json_text_at(json_item(log, json_count(log) - 1), "Output") : NULL;
	if (!json)
		say(ret_why, g_strdup(error->message));
	else if (g_strcmp0(status, "healthy") != 0)
		say(ret_why, g_strdup_printf("health check: %s%s%s", status ? status : "no answer",
		                     output && *output ? ": " : "", output ? output : ""));
	return json && g_strcmp0(status, "healthy") == 0 ? READY_YES : READY_NO;
}

Readiness probe_ask(Engine *engine, const LiveContainer *container, const UnitProbe *probe, char **ret_why)
{
	bool network = probe->kind == PROBE_HTTP || probe->kind == PROBE_TCP;
	if (ret_why)
		*ret_why = NULL;
	if (network && (!container->address || !probe->port) && g_strcmp0(container->network, "host") != 0)
		return READY_UNKNOWN;
	LiveContainer local = *container;
	if (network && !container->address)
		local.address = (char *)"127.0.0.1";
	switch (probe->kind) {
	case PROBE_EXEC:
		return ask_command(engine, container, probe, ret_why);
	case PROBE_HTTP:
		return ask_http(&local, probe, ret_why);
	case PROBE_TCP:
		return ask_port(engine, &local, probe, ret_why);
	case PROBE_ENGINE:
		return ask_engine(engine, container, ret_why);
	default:
		return READY_YES;
	}
}
