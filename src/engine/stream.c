/* What containers say: logs and the output of commands, in the API's frames of eight bytes and text. */
#include "engine/inner.h"

#include "base/error.h"

#define MOST_OUTPUT (64 * 1024)

/* Bytes 0: stream, 4 to 7: length, the highest first; see "Attach to a container" in the API's documentation. */
static bool read_header(LogReader *reader, bool *ret_end, GError **error)
{
	guint8 header[8];
	gsize read;
	if (!g_input_stream_read_all(reader->stream, header, sizeof(header), &read, reader->cancellable, error))
		return false;
	*ret_end = read < sizeof(header);
	reader->from = header[0] == 2 ? 2 : 1;
	reader->left =
	        *ret_end ? 0
	                 : (uint32_t)header[4] << 24 | (uint32_t)header[5] << 16 | (uint32_t)header[6] << 8 | header[7];
	return true;
}

gssize log_read(LogReader *reader, char *into, size_t most, int *ret_stream, GError **error)
{
	bool end = false;
	while (!reader->raw && reader->left == 0) {
		if (!read_header(reader, &end, error))
			return -1;
		if (end)
			return 0;
	}
	gsize wanted = reader->raw ? most : MIN(most, reader->left);
	gssize length = g_input_stream_read(reader->stream, into, wanted, reader->cancellable, error);
	if (length > 0 && !reader->raw)
		reader->left -= (uint32_t)length;
	*ret_stream = reader->raw ? 1 : reader->from;
	return length;
}

static char *read_all(LogReader *reader, GError **error)
{
	GString *out = g_string_new(NULL);
	char buffer[4096];
	int from;
	gssize length;
	while ((length = log_read(reader, buffer, sizeof(buffer), &from, error)) > 0)
		if (out->len < MOST_OUTPUT)
			g_string_append_len(out, buffer, (gssize)MIN((size_t)length, MOST_OUTPUT - out->len));
	if (length < 0) {
		g_string_free(out, TRUE);
		return NULL;
	}
	g_autofree char *bytes = g_string_free(out, FALSE);
	return g_utf8_make_valid(bytes, -1);
}

bool container_has_terminal(Engine *engine, const char *container)
{
	g_autofree char *path = g_strdup_printf("/containers/%s/json", container);
	g_autoptr(Json) json = engine_get(engine, path, NULL);
	return json_true_at(json, "Config.Tty", false);
}

char *engine_logs(Engine *engine, const char *container, uint32_t lines, GError **error)
{
	g_autofree char *path =
	        g_strdup_printf("/containers/%s/logs?stdout=true&stderr=true&tail=%u", container, lines);
	g_autoptr(GInputStream) stream = engine_stream(engine, "GET", path, NULL, NULL, error);
	LogReader reader = {.stream = stream, .raw = container_has_terminal(engine, container)};
	return stream ? read_all(&reader, error) : NULL;
}

/* ---- commands -------------------------------------------------------------------------------------------------------
 */

static char *exec_new(Engine *engine, const char *container, const char *const *command, GError **error)
{
	g_autofree char *path = g_strdup_printf("/containers/%s/exec", container);
	g_autoptr(Json) body = json_new_map(), answer = NULL;
	json_set_bool(body, "AttachStdout", true);
	json_set_bool(body, "AttachStderr", true);
	for (const char *const *word = command; *word; word++)
		json_append_text(json_list_in(body, "Cmd"), *word);
	return engine_send(engine, "POST", path, body, &answer, error) ? g_strdup(json_text_at(answer, "Id")) : NULL;
}

static gboolean give_up(void *cancellable)
{
	g_cancellable_cancel(cancellable);
	return G_SOURCE_REMOVE;
}

typedef struct Watchdog {
	GMainContext *context;
	GMainLoop *loop;
	GThread *thread;
} Watchdog;

static void *watch(void *data)
{
	Watchdog *watchdog = data;
	g_main_loop_run(watchdog->loop);
	return NULL;
}

/* Cancels after some seconds, from a thread of its own, since the caller blocks. */
static Watchdog watchdog_new(GCancellable *cancellable, uint32_t seconds)
{
	Watchdog watchdog = {g_main_context_new(), NULL, NULL};
	g_autoptr(GSource) source = g_timeout_source_new(seconds * 1000);
	g_source_set_callback(source, give_up, cancellable, NULL);
	g_source_attach(source, watchdog.context);
	watchdog.loop = g_main_loop_new(watchdog.context, FALSE);
	return watchdog;
}

static gboolean quit(void *loop)
{
	g_main_loop_quit(loop);
	return G_SOURCE_REMOVE;
}

static void watchdog_end(Watchdog *watchdog)
{
	g_autoptr(GSource) source = g_idle_source_new(); /* seen by the loop even if it has not begun to turn */
	g_source_set_callback(source, quit, watchdog->loop, NULL);
	g_source_attach(source, watchdog->context);
	g_thread_join(watchdog->thread);
	g_main_loop_unref(watchdog->loop);
	g_main_context_unref(watchdog->context);
}

static void pass_on(GCancellable *interrupt, void *cancellable)
{
	g_cancellable_cancel(cancellable);
}

bool engine_exec(Engine *engine, const char *container, const char *const *command, uint32_t timeout, int *ret_code,
        char **ret_output, GError **error)
{
	g_autofree char *id = exec_new(engine, container, command, error);
	if (!id)
		return false;
	g_autoptr(GCancellable) cancellable = g_cancellable_new();
	GCancellable *interrupt = engine_interrupt(engine);
	gulong passing = interrupt ? g_cancellable_connect(interrupt, G_CALLBACK(pass_on), cancellable, NULL) : 0;
	Watchdog watchdog = watchdog_new(cancellable, timeout);
	watchdog.thread = g_thread_new("watchdog", watch, &watchdog);
	g_autofree char *start = g_strdup_printf("/exec/%s/start", id), *ask = g_strdup_printf("/exec/%s/json", id);
	g_autoptr(Json) body = json_new_map(), answer = NULL;
	json_set_bool(body, "Detach", false);
	g_autoptr(GInputStream) stream = engine_stream(engine, "POST", start, body, cancellable, error);
	LogReader reader = {.stream = stream, .cancellable = cancellable};
	*ret_output = stream ? read_all(&reader, error) : NULL;
	watchdog_end(&watchdog);
	if (passing)
		g_cancellable_disconnect(interrupt, passing);
	if (!*ret_output) {
		if (g_cancellable_is_cancelled(cancellable)) {
			g_clear_error(error);
			g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "'%s' did not end within %u s",
			        command[0], timeout);
		}
		return false;
	}
	answer = engine_get(engine, ask, error);
	*ret_code = (int)json_number_at(answer, "ExitCode", -1);
	return answer != NULL;
}
