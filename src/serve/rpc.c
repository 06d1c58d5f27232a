/* JSON-RPC 2.0 for both protocols: one table of methods, one loop. What the other side sends is hostile. A message has
 * a limit; after bytes that are none, all is skipped to the next header (or line), also where a length was wrong and
 * the header stands in what was taken for a message. */
#include "serve/serve.h"

#include "base/error.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#define MOST_BYTES ((size_t)64 * 1024 * 1024)
#define MOST_HEADER 65536
/* How long it has to be quiet before idle is called: shorter than a person sees, longer than between two keys that
 * come at once. */
#define QUIET_MS 15

static const char length_header[] = "Content-Length:";

struct Rpc {
	RpcServer server;
	int in, out;
	GByteArray *bytes; /* read and not yet taken */
	size_t at;         /* where the rest of them begins */
	size_t looked;     /* so many of the rest hold no end of a line */
	Json *batch;       /* collects the answers of a batch, or NULL */
	uint32_t asked;    /* requests of ours */
	bool ended;
};

G_DEFINE_QUARK(labwright - rpc, rpc_error)

Rpc *rpc_new(const RpcServer *server, int in, int out)
{
	Rpc *rpc = g_new0(Rpc, 1);
	*rpc = (Rpc){.server = *server, .in = in, .out = out, .bytes = g_byte_array_new()};
	return rpc;
}

void rpc_free(Rpc *rpc)
{
	g_byte_array_unref(rpc->bytes);
	json_drop(rpc->batch);
	g_free(rpc);
}

void rpc_end(Rpc *rpc)
{
	rpc->ended = true;
}

/* ---- writing ------------------------------------------------------------------------------------------- */

static void write_all(Rpc *rpc, const char *bytes, size_t length)
{
	while (length && !rpc->ended) {
		ssize_t n = write(rpc->out, bytes, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			rpc->ended = true;
			return;
		}
		bytes += n;
		length -= (size_t)n;
	}
}

/* The message is taken. */
static void send_message(Rpc *rpc, Json *message)
{
	g_autofree char *text = json_print(message);
	g_autoptr(GString) out = g_string_new(NULL);
	if (rpc->server.framing == RPC_HEADERS)
		g_string_append_printf(out, "%s %zu\r\n\r\n%s", length_header, strlen(text), text);
	else
		g_string_append_printf(out, "%s\n", text);
	write_all(rpc, out->str, out->len);
	json_drop(message);
}

static Json *message_new(void)
{
	Json *message = json_new_map();
	json_set_text(message, "jsonrpc", "2.0");
	return message;
}

static void answer(Rpc *rpc, const Json *id, const char *key, Json *value)
{
	Json *message = message_new();
	json_set(message, "id", id ? json_clone(id) : json_new_nil());
	json_set(message, key, value ? value : json_new_nil());
	if (rpc->batch)
		json_append(rpc->batch, message);
	else
		send_message(rpc, message);
}

static void answer_error(Rpc *rpc, const Json *id, int code, const char *text)
{
	Json *error = json_new_map();
	json_set_number(error, "code", code);
	json_set_text(error, "message", text);
	answer(rpc, id, "error", error);
}

void rpc_notify(Rpc *rpc, const char *method, Json *params)
{
	Json *message = message_new();
	json_set_text(message, "method", method);
	json_set(message, "params", params);
	send_message(rpc, message);
}

void rpc_request(Rpc *rpc, const char *method, Json *params)
{
	Json *message = message_new();
	g_autofree char *id = g_strdup_printf("labwright-%u", ++rpc->asked);
	json_set_text(message, "id", id);
	json_set_text(message, "method", method);
	json_set(message, "params", params);
	send_message(rpc, message);
}

/* ---- dispatch ------------------------------------------------------------------------------------------ */

static int code_of(const GError *error)
{
	if (error->domain == RPC_ERROR)
		return error->code;
	return g_error_matches(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE) ? RPC_INVALID_PARAMS : RPC_INTERNAL;
}

static const RpcMethod *find_method(const Rpc *rpc, const char *name)
{
	for (const RpcMethod *method = rpc->server.methods; method->name; method++)
		if (strcmp(method->name, name) == 0)
			return method;
	return NULL;
}

static Json *call(Rpc *rpc, const char *name, const Json *params, GError **error)
{
	const RpcMethod *method = find_method(rpc, name);
	if (rpc->server.admits && !rpc->server.admits(rpc->server.data, name, error))
		return NULL;
	if (method)
		return method->run(rpc->server.data, params, error);
	g_set_error(error, RPC_ERROR, RPC_METHOD_NOT_FOUND, "no method is called '%s'", name);
	return NULL;
}

static void dispatch(Rpc *rpc, const Json *message)
{
	const Json *id = json_get(message, "id");
	const char *method = json_text(json_get(message, "method"));
	bool answered = json_get(message, "result") || json_get(message, "error");
	if (!method && id && answered)
		return;
	if (!method || (id && json_kind(id) != JSON_TEXT && json_kind(id) != JSON_WHOLE)) {
		answer_error(rpc, NULL, RPC_INVALID_REQUEST, "a message is an object with a method");
		return;
	}
	g_autoptr(GError) error = NULL;
	g_autoptr(Json) result = call(rpc, method, json_get(message, "params"), &error);
	if (!id)
		return;
	if (error)
		answer_error(rpc, id, code_of(error), error->message);
	else
		answer(rpc, id, "result", g_steal_pointer(&result));
}

/* Several messages in one; assistants of 2025-03-26 may send them. */
static void dispatch_batch(Rpc *rpc, const Json *messages)
{
	if (json_count(messages) == 0) {
		answer_error(rpc, NULL, RPC_INVALID_REQUEST, "a batch holds messages");
		return;
	}
	rpc->batch = json_new_list();
	JSON_EACH (messages, message)
		dispatch(rpc, message);
	Json *answers = g_steal_pointer(&rpc->batch);
	if (json_count(answers))
		send_message(rpc, answers);
	else
		json_drop(answers);
}

/* False for bytes that are no JSON. */
static bool take_message(Rpc *rpc, Slice text)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Json) message = json_parse(text, &error);
	if (!message)
		answer_error(rpc, NULL, RPC_PARSE_ERROR, error->message);
	else if (json_kind(message) == JSON_LIST)
		dispatch_batch(rpc, message);
	else
		dispatch(rpc, message);
	return message != NULL;
}

/* ---- reading --------------------------------------------------------------------------------------------- */

/* False at the end of the stream. */
static bool fill(Rpc *rpc)
{
	char bytes[65536];
	ssize_t n;
	do
		n = read(rpc->in, bytes, sizeof bytes);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return false;
	if (rpc->at == rpc->bytes->len || rpc->at > MOST_BYTES / 64) {
		g_byte_array_remove_range(rpc->bytes, 0, (guint)rpc->at);
		rpc->at = 0;
	}
	g_byte_array_append(rpc->bytes, (const guint8 *)bytes, (guint)n);
	return true;
}

static Slice unread(const Rpc *rpc)
{
	return (Slice){(const char *)rpc->bytes->data + rpc->at, rpc->bytes->len - rpc->at};
}

static bool is_quiet_for_a_moment(const Rpc *rpc)
{
	struct pollfd in = {.fd = rpc->in, .events = POLLIN};
	return poll(&in, 1, QUIET_MS) == 0;
}

/* Reads on; when it is quiet, idle is called once. False at the end of the stream. */
static bool read_on(Rpc *rpc, bool *idle)
{
	if (*idle && rpc->server.idle && is_quiet_for_a_moment(rpc)) {
		*idle = false;
		rpc->server.idle(rpc->server.data);
	}
	return !rpc->ended && fill(rpc);
}

/* The next line without its end, if all of it is there. */
static bool take_line(Rpc *rpc, size_t from, Slice *ret_line)
{
	Slice rest = unread(rpc);
	size_t end = slice_find_byte(rest, '\n', from);
	if (end == SIZE_MAX)
		return false;
	*ret_line = slice_trim(slice_sub(rest, 0, end));
	rpc->at += end + 1;
	return true;
}

/* What is longer than any message is thrown away. */
static bool take_one_line(Rpc *rpc)
{
	Slice line;
	if (!take_line(rpc, rpc->looked, &line)) {
		if (unread(rpc).length > MOST_BYTES)
			rpc->at = rpc->bytes->len;
		rpc->looked = unread(rpc).length;
		return false;
	}
	rpc->looked = 0;
	if (line.length)
		take_message(rpc, line);
	return true;
}

/* Where the last header of a length begins in these bytes, or SIZE_MAX. */
static size_t find_header(Slice bytes)
{
	size_t found = SIZE_MAX;
	for (size_t at = 0; (at = slice_find(bytes, length_header, at)) < bytes.length; at++)
		found = at;
	return found;
}

/* The length that a header line gives; false for any other line. It may stand behind the rest of a message that was
 * said to be shorter than it is. */
static bool read_length(Slice line, size_t *ret_length)
{
	size_t at = find_header(line);
	size_t digits = 0;
	if (at == SIZE_MAX)
		return false;
	Slice number = slice_trim(slice_sub(line, at + strlen(length_header), line.length));
	*ret_length = 0;
	while (digits < number.length && g_ascii_isdigit(number.at[digits]) && *ret_length <= MOST_BYTES)
		*ret_length = *ret_length * 10 + (size_t)(number.at[digits++] - '0');
	return digits > 0 && digits == number.length && *ret_length <= MOST_BYTES;
}

/* After bytes that are no message it goes on at the header that stands within them, if one does. */
static void take_body(Rpc *rpc, size_t length)
{
	size_t begin = rpc->at;
	Slice body = slice_sub(unread(rpc), 0, length);
	rpc->at += length;
	if (take_message(rpc, body))
		return;
	size_t header = slice_find(body, length_header, 0);
	if (header != SIZE_MAX)
		rpc->at = begin + header;
}

/* A header block and its body, once all of it is there; until then the block is read again. */
static bool take_framed(Rpc *rpc)
{
	size_t begin = rpc->at, length = 0;
	bool known = false, waits = false;
	for (Slice line; !waits && take_line(rpc, 0, &line);) {
		if (line.length)
			known |= read_length(line, &length);
		if (!known)
			begin = rpc->at; /* no message begins here */
		if (!known || line.length)
			continue;
		waits = unread(rpc).length < length;
		if (!waits) {
			take_body(rpc, length);
			return true;
		}
	}
	rpc->at = !waits && rpc->bytes->len - begin > MOST_HEADER ? rpc->bytes->len : begin;
	return false;
}

void rpc_run(Rpc *rpc)
{
	bool idle = true;
	while (!rpc->ended) {
		bool taken = rpc->server.framing == RPC_LINES ? take_one_line(rpc) : take_framed(rpc);
		if (taken)
			idle = true;
		else if (!read_on(rpc, &idle))
			return;
	}
}
