/* Commands and logs of containers. A command is a WebSocket whose messages begin with the number of their stream.
 * Source: the protocols v5.channel.k8s.io (which can close standard input) and v4.channel.k8s.io of the API server. */
#include "cluster/inner.h"

#include "base/error.h"

#include <glib-unix.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LAST_WORDS 2 /* seconds in which output may still come after the end */

enum { CHANNEL_INPUT, CHANNEL_OUTPUT, CHANNEL_ERROR, CHANNEL_STATUS, CHANNEL_SIZE, CHANNEL_CLOSE = 255 };

static char *base_path(const LiveContainer *container, const char *what)
{
	return g_strdup_printf("/api/v1/namespaces/%s/pods/%s/%s?container=%s", container->namespace, container->pod,
	        what, container->container);
}

/* ---- logs ------------------------------------------------------------------------------------------------ */

GInputStream *cluster_logs(Cluster *cluster, const LiveContainer *container, const LogQuery *query, GError **error)
{
	g_autofree char *base = base_path(container, "log");
	g_autoptr(GString) path = g_string_new(base);
	g_string_append_printf(path, "&tailLines=%d%s%s", query->tail, query->follow ? "&follow=true" : "",
	        query->previous ? "&previous=true" : "");
	if (query->since) {
		g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(g_ascii_strtoll(query->since, NULL, 10));
		g_autofree char *text = g_date_time_format_iso8601(time), *word = http_escape(text);
		g_string_append_printf(path, "&sinceTime=%s", word);
	}
	return cluster_stream(cluster, path->str, NULL, error);
}

/* ---- commands -------------------------------------------------------------------------------------------- */

static void send(HttpSocket *socket, guchar channel, const void *bytes, size_t length)
{
	g_autofree guchar *message = g_malloc(length + 1);
	message[0] = channel;
	memcpy(message + 1, bytes, length);
	http_socket_send(socket, message, length + 1);
}

static void send_size(HttpSocket *socket)
{
	struct winsize size;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0)
		return;
	g_autofree char *text = g_strdup_printf("{\"Width\":%u,\"Height\":%u}", size.ws_col, size.ws_row);
	send(socket, CHANNEL_SIZE, text, strlen(text));
}

/* Older servers cannot be told that there is no more: a program that reads to the end waits for ever there. */
static gboolean feed(int file, GIOCondition condition, void *data)
{
	HttpSocket *socket = data;
	char buffer[4096];
	ssize_t length = read(file, buffer, sizeof(buffer));
	if (length > 0) {
		send(socket, CHANNEL_INPUT, buffer, (size_t)length);
		return G_SOURCE_CONTINUE;
	}
	if (g_str_has_prefix(http_socket_protocol(socket), "v5"))
		send(socket, CHANNEL_CLOSE, "\0", 1);
	return G_SOURCE_REMOVE;
}

/* Success, the code that the command ended with, or why it could not be run. */
static bool read_end(Slice text, int *ret_code, GError **error)
{
	g_autoptr(Json) status = json_parse(text, NULL);
	*ret_code = 0;
	if (g_strcmp0(json_text_at(status, "status"), "Success") == 0)
		return true;
	JSON_EACH (json_at(status, "details.causes"), cause)
		if (g_strcmp0(json_text_at(cause, "reason"), "ExitCode") == 0) {
			*ret_code = (int)g_ascii_strtoll(json_text_at(cause, "message"), NULL, 10);
			return true;
		}
	const char *message = json_text_at(status, "message");
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "the command could not be run: %s",
	        message ? message : "the node does not say why");
	return false;
}

static bool put(int to, const char *bytes, gsize length)
{
	for (gssize written; length > 0; bytes += written, length -= (gsize)written)
		if ((written = write(to, bytes, length)) <= 0)
			return false;
	return true;
}

static bool talk(HttpSocket *socket, int *ret_code, GError **error)
{
	bool ended = false;
	g_autoptr(GError) failure = NULL;
	for (;;) {
		g_autoptr(GBytes) message = http_socket_receive(socket, ended ? LAST_WORDS : 0, &failure);
		gsize length;
		const char *bytes = message ? g_bytes_get_data(message, &length) : NULL;
		if (!message || length == 0)
			break;
		if (bytes[0] == CHANNEL_STATUS) {
			ended = true;
			if (!read_end((Slice){bytes + 1, length - 1}, ret_code, error))
				return false;
		} else if (!put(bytes[0] == CHANNEL_ERROR ? STDERR_FILENO : STDOUT_FILENO, bytes + 1, length - 1)) {
			return true; /* nobody reads any more */
		}
	}
	if (ended) /* what breaks after the end is no longer anybody's business */
		return true;
	if (failure)
		g_propagate_error(error, g_steal_pointer(&failure));
	else
		g_set_error(
		        error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "the connection ended before the command did");
	return false;
}

bool cluster_exec(
        Cluster *cluster, const LiveContainer *container, char **command, bool terminal, int *ret_code, GError **error)
{
	static const char *const protocols[] = {"v5.channel.k8s.io", "v4.channel.k8s.io", NULL};
	g_autofree char *base = base_path(container, "exec");
	g_autoptr(GString) path = g_string_new(base);
	g_string_append_printf(path, "&stdin=true&stdout=true%s", terminal ? "&tty=true" : "&stderr=true");
	for (; *command; command++) {
		g_autofree char *word = http_escape(*command);
		g_string_append_printf(path, "&command=%s", word);
	}
	g_autoptr(HttpSocket) socket = cluster_socket(cluster, path->str, protocols, error);
	if (!socket) {
		g_prefix_error(error, "no command can be run in %s/%s: ", container->namespace, container->pod);
		return false;
	}
	if (terminal)
		send_size(socket);
	guint source = g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP, feed, socket);
	bool fine = talk(socket, ret_code, error);
	if (g_main_context_find_source_by_id(NULL, source))
		g_source_remove(source);
	return fine;
}
