/* Credentials that change: token files, exec plugins, and when what we hold comes to its end. Certificates of k3s end
 * after a year and tokens of plugins after minutes, so that an end is a thing to say and not a riddle. */
#include "cluster/inner.h"

#include "base/error.h"

#define PLUGIN_SECONDS 60 /* a person may have to press a key */

/* ---- when they end --------------------------------------------------------------------------------------- */

static gint64 certificate_end(const char *pem)
{
	g_autoptr(GTlsCertificate) certificate = pem ? g_tls_certificate_new_from_pem(pem, -1, NULL) : NULL;
	g_autoptr(GDateTime) end = certificate ? g_tls_certificate_get_not_valid_after(certificate) : NULL;
	return end ? g_date_time_to_unix(end) : 0;
}

/* The `exp` of a JSON Web Token; others do not tell. */
static gint64 token_end(const char *token)
{
	g_auto(GStrv) parts = token ? g_strsplit(token, ".", 4) : NULL;
	if (!parts || g_strv_length(parts) != 3)
		return 0;
	GString *padded = g_string_new(parts[1]);
	for (char *at = padded->str; *at; at++)
		*at = *at == '-' ? '+' : *at == '_' ? '/' : *at;
	while (padded->len % 4)
		g_string_append_c(padded, '=');
	gsize length;
	g_autofree guchar *bytes = g_base64_decode(padded->str, &length);
	g_string_free(padded, TRUE);
	g_autoptr(Json) claims = json_parse((Slice){(char *)bytes, length}, NULL);
	return json_number_at(claims, "exp", 0);
}

gint64 access_ends(const Access *access)
{
	gint64 certificate = certificate_end(access->certificate), token = token_end(access->token);
	return certificate && token ? MIN(certificate, token) : MAX(certificate, token);
}

/* ---- plugins --------------------------------------------------------------------------------------------- */

/* What a plugin may want to know of whom it is asked for. */
static char *exec_info(const Access *access)
{
	g_autoptr(Json) info = json_new_map();
	json_set_text(info, "apiVersion", access->plugin_version);
	json_set_text(info, "kind", "ExecCredential");
	Json *spec = json_map_in(info, "spec");
	json_set_bool(spec, "interactive", false);
	if (access->plugin_wants_cluster) {
		Json *cluster = json_map_in(spec, "cluster");
		json_set_text(cluster, "server", access->server);
		json_set_text(cluster, "tls-server-name", access->server_name);
		json_set_text(cluster, "proxy-url", access->proxy);
		if (access->insecure)
			json_set_bool(cluster, "insecure-skip-tls-verify", true);
		if (access->authorities) {
			g_autofree char *data =
			        g_base64_encode((guchar *)access->authorities, strlen(access->authorities));
			json_set_text(cluster, "certificate-authority-data", data);
		}
	}
	return json_print(info);
}

static void plugin_failed(const Access *access, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void plugin_failed(const Access *access, GError **error, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "%s: the plugin %s %s", access->place,
	        access->plugin[0], text);
}

static bool take_credential(Access *access, const char *output, GError **error)
{
	g_autoptr(Json) answer = json_parse(slice_from(output), NULL);
	const char *version = json_text_at(answer, "apiVersion"), *token = json_text_at(answer, "status.token"),
	           *certificate = json_text_at(answer, "status.clientCertificateData"),
	           *key = json_text_at(answer, "status.clientKeyData");
	if (g_strcmp0(json_text_at(answer, "kind"), "ExecCredential") != 0) {
		plugin_failed(access, error, "answered with something else than an ExecCredential");
		return false;
	}
	if (g_strcmp0(version, access->plugin_version) != 0) {
		plugin_failed(access, error, "answered in %s and was asked in %s", version, access->plugin_version);
		error_add_help(error, "set apiVersion under exec to %s", version);
		return false;
	}
	if (!token && !(certificate && key)) {
		plugin_failed(access, error, "gave neither a token nor a certificate with its key");
		return false;
	}
	g_free(access->token);
	access->token = g_strdup(token);
	if (certificate && key) {
		g_free(access->certificate);
		access->certificate = g_strconcat(certificate, "\n", key, NULL);
	}
	return true;
}

static gboolean stop_waiting(void *process)
{
	g_subprocess_force_exit(process);
	return G_SOURCE_REMOVE;
}

static void *watch_over(void *data)
{
	GMainLoop *loop = data;
	g_main_context_push_thread_default(g_main_loop_get_context(loop));
	g_main_loop_run(loop);
	return NULL;
}

/* Reads all that the plugin prints; it is ended when it takes too long. */
static bool talk(GSubprocess *process, char **ret_output, GError **error)
{
	g_autoptr(GMainContext) context = g_main_context_new();
	g_autoptr(GMainLoop) loop = g_main_loop_new(context, FALSE);
	g_autoptr(GSource) clock = g_timeout_source_new_seconds(PLUGIN_SECONDS);
	g_source_set_callback(clock, stop_waiting, process, NULL);
	g_source_attach(clock, context);
	GThread *watcher = g_thread_new("plugin", watch_over, loop);
	bool fine = g_subprocess_communicate_utf8(process, NULL, NULL, ret_output, NULL, error);
	while (!g_main_loop_is_running(loop))
		g_usleep(1000);
	g_main_loop_quit(loop);
	g_thread_join(watcher);
	return fine;
}

bool access_run_plugin(Access *access, GError **error)
{
	g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE);
	g_autofree char *info = exec_info(access), *output = NULL;
	g_autoptr(GError) failure = NULL;
	for (char **pair = access->variables; *pair; pair++) {
		g_auto(GStrv) sides = g_strsplit(*pair, "=", 2);
		g_subprocess_launcher_setenv(launcher, sides[0], sides[1], TRUE);
	}
	g_subprocess_launcher_setenv(launcher, "KUBERNETES_EXEC_INFO", info, TRUE);
	g_autoptr(GSubprocess) process =
	        g_subprocess_launcher_spawnv(launcher, (const char *const *)access->plugin, &failure);
	if (!process) {
		plugin_failed(access, error, "cannot be run: %s", failure->message);
		bool locked = g_error_matches(failure, G_SPAWN_ERROR, G_SPAWN_ERROR_ACCES);
		error_add_help(error, "%s",
		        locked         ? "it is there, and may not be run: chmod +x"
		        : access->hint ? access->hint
		                       : "install it, or put its folder in PATH");
		return false;
	}
	if (!talk(process, &output, &failure)) {
		plugin_failed(access, error, "%s", failure->message);
		return false;
	}
	if (!g_subprocess_get_if_exited(process))
		plugin_failed(access, error, "did not end within %d seconds", PLUGIN_SECONDS);
	else if (g_subprocess_get_exit_status(process) != 0)
		plugin_failed(
		        access, error, "ended with %d; its own words are above", g_subprocess_get_exit_status(process));
	else
		return take_credential(access, output, error);
	return false;
}

/* ---- now ------------------------------------------------------------------------------------------------- */

static bool read_token(Access *access, GError **error)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) failure = NULL;
	if (!g_file_get_contents(access->token_file, &text, NULL, &failure)) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "%s: cannot read the token's file %s: %s",
		        access->place, access->token_file,
		        failure->code == G_FILE_ERROR_NOENT ? "no such file" : failure->message);
		return false;
	}
	if (!*g_strstrip(text)) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "%s: the token's file %s is empty",
		        access->place, access->token_file);
		return false;
	}
	g_free(access->token);
	access->token = g_steal_pointer(&text);
	return true;
}

bool access_refresh(Access *access, GError **error)
{
	if (access->plugin)
		return access_run_plugin(access, error);
	return !access->token_file || read_token(access, error);
}
