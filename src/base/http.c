/* The only user of libsoup as a client. One session for each client, since sessions keep the connections and a thread
 * of ours asks one thing at a time. */
#include "base/http.h"

#include "base/error.h"

#include <gio/gunixsocketaddress.h>
#include <libsoup/soup.h>

struct Http {
	SoupSession *session;
	bool trusting;
	char *base;   /* "http://localhost" for sockets */
	char *socket; /* its path, or NULL */
};

Http *http_new(const char *address, uint32_t patience)
{
	Http *http = g_new0(Http, 1);
	if (*address == '/') {
		g_autoptr(GSocketAddress) socket = g_unix_socket_address_new(address);
		http->session = soup_session_new_with_options("remote-connectable", socket, "timeout", patience, NULL);
		http->base = g_strdup("http://localhost");
		http->socket = g_strdup(address);
	} else {
		http->session = soup_session_new_with_options("timeout", patience, NULL);
		http->base = g_strdup(address);
	}
	return http;
}

Http *http_new_trusting(const char *address, uint32_t patience)
{
	Http *http = http_new(address, patience);
	http->trusting = true;
	return http;
}

void http_free(Http *http)
{
	if (!http)
		return;
	g_object_unref(http->session);
	g_free(http->base);
	g_free(http->socket);
	g_free(http);
}

void http_reply_clear(HttpReply *reply)
{
	g_clear_pointer(&reply->body, g_bytes_unref);
	g_clear_pointer(&reply->headers, g_hash_table_unref);
}

static gboolean accept_any(SoupMessage *message, GTlsCertificate *certificate, GTlsCertificateFlags errors, void *data)
{
	return TRUE;
}

static SoupMessage *message_new(
        const Http *http, const char *method, const char *path, GBytes *body, const char *type, GError **error)
{
	g_autofree char *url = g_strconcat(http->base, path, NULL);
	SoupMessage *message = soup_message_new(method, url);
	if (!message) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "no address: %s", url);
		return NULL;
	}
	if (http->trusting)
		g_signal_connect(message, "accept-certificate", G_CALLBACK(accept_any), NULL);
	if (body)
		soup_message_set_request_body_from_bytes(message, type ? type : "application/json", body);
	return message;
}

static void take_header(const char *name, const char *value, void *headers)
{
	g_hash_table_replace(headers, g_ascii_strdown(name, -1), g_strdup(value));
}

bool http_ask(Http *http, const char *method, const char *path, GBytes *body, const char *type, HttpReply *ret_reply,
        GError **error)
{
	g_autoptr(SoupMessage) message = message_new(http, method, path, body, type, error);
	if (!message)
		return false;
	ret_reply->body = soup_session_send_and_read(http->session, message, NULL, error);
	ret_reply->status = soup_message_get_status(message);
	ret_reply->headers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	soup_message_headers_foreach(soup_message_get_response_headers(message), take_header, ret_reply->headers);
	return ret_reply->body != NULL;
}

/* What a refusal says, at most a few lines of it. */
static void read_refusal(SoupMessage *message, GInputStream *stream, GError **error)
{
	char text[2048];
	gsize length = 0;
	g_input_stream_read_all(stream, text, sizeof(text) - 1, &length, NULL, NULL);
	text[length] = '\0';
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "%u %s", soup_message_get_status(message),
	        length ? g_strstrip(text) : soup_message_get_reason_phrase(message));
}

GInputStream *http_open(Http *http, const char *method, const char *path, GBytes *body, const char *type,
        GCancellable *cancellable, GError **error)
{
	g_autoptr(SoupMessage) message = message_new(http, method, path, body, type, error);
	if (!message)
		return NULL;
	g_autoptr(GInputStream) stream = soup_session_send(http->session, message, cancellable, error);
	if (stream && soup_message_get_status(message) >= 400) {
		read_refusal(message, stream, error);
		return NULL;
	}
	return g_steal_pointer(&stream);
}

/* libsoup 3.2 does not give its connections away, so this one request is written by hand. */
static bool read_head(GIOStream *stream, GString *head, GError **error)
{
	GInputStream *input = g_io_stream_get_input_stream(stream);
	while (head->len < 16384 && !g_str_has_suffix(head->str, "\r\n\r\n")) {
		char byte;
		gssize read = g_input_stream_read(input, &byte, 1, NULL, error);
		if (read <= 0) {
			if (read == 0)
				g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK,
				        "the connection ended before an answer");
			return false;
		}
		g_string_append_c(head, byte);
	}
	return true;
}

static GSocketConnection *connect_plain(const Http *http, GError **error)
{
	g_autoptr(GSocketClient) client = g_socket_client_new();
	if (http->socket) {
		g_autoptr(GSocketAddress) address = g_unix_socket_address_new(http->socket);
		return g_socket_client_connect(client, G_SOCKET_CONNECTABLE(address), NULL, error);
	}
	return g_socket_client_connect_to_uri(client, http->base, 80, NULL, error);
}

GIOStream *http_upgrade(Http *http, const char *path, GBytes *body, const char *type, GError **error)
{
	g_autoptr(GSocketConnection) connection = connect_plain(http, error);
	gsize length = 0;
	const char *bytes = body ? g_bytes_get_data(body, &length) : "";
	if (!connection)
		return NULL;
	g_autofree char *request =
	        g_strdup_printf("POST %s HTTP/1.1\r\nHost: engine\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
	                        "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n%.*s",
	                path, type ? type : "application/json", length, (int)length, bytes);
	g_autoptr(GString) head = g_string_new(NULL);
	if (!g_output_stream_write_all(g_io_stream_get_output_stream(G_IO_STREAM(connection)), request, strlen(request),
	            NULL, NULL, error) ||
	        !read_head(G_IO_STREAM(connection), head, error))
		return NULL;
	if (!g_str_has_prefix(head->str, "HTTP/1.1 101") && !g_str_has_prefix(head->str, "HTTP/1.1 200")) {
		head->str[strcspn(head->str, "\r")] = '\0';
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "the engine does not open a terminal: %s",
		        head->str);
		return NULL;
	}
	return G_IO_STREAM(g_steal_pointer(&connection));
}

char *http_escape(const char *word)
{
	return g_uri_escape_string(word, NULL, FALSE);
}
