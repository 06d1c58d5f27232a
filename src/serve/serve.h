/* Programs that ask: editors by the Language Server Protocol 3.17, assistants by the Model Context Protocol. Both send
 * JSON-RPC 2.0 over two streams; they differ in how one message is told from the next, and in the words.
 */
#pragma once

#include "base/json.h"
#include "flow/flow.h"

/* ---- JSON-RPC, serve/rpc.c -------------------------------------------------------------------------- */

#define RPC_ERROR (rpc_error_quark())
GQuark rpc_error_quark(void);

/* Codes of RPC_ERROR. Errors of other domains go out as RPC_INVALID_PARAMS or RPC_INTERNAL. */
enum {
	RPC_PARSE_ERROR = -32700,
	RPC_INVALID_REQUEST = -32600,
	RPC_METHOD_NOT_FOUND = -32601,
	RPC_INVALID_PARAMS = -32602,
	RPC_INTERNAL = -32603,
	RPC_NOT_INITIALIZED = -32002
};

typedef enum RpcFraming {
	RPC_HEADERS, /* Content-Length and an empty line before each message: editors */
	RPC_LINES,   /* a message a line: assistants */
} RpcFraming;

typedef struct RpcMethod {
	const char *name;
	/* The result, which is taken; NULL with an error set. What a notification gives is dropped. */
	Json *(*run)(gpointer data, const Json *params, GError **error);
} RpcMethod;

typedef struct Rpc Rpc;

typedef struct RpcServer {
	RpcFraming framing;
	const RpcMethod *methods; /* up to one without a name */
	/* Whether the method may be called now; NULL: any. A notification that may not is dropped. */
	bool (*admits)(gpointer data, const char *method, GError **error);
	/* Called when all that was sent is answered and nothing more has come for a moment; NULL: never. */
	void (*idle)(gpointer data);
	gpointer data;
} RpcServer;

/* The descriptors stay open. Bytes that are no message are answered with an error where one can be, and skipped up to
 * where a message begins again. */
Rpc *rpc_new(const RpcServer *server, int in, int out);
void rpc_free(Rpc *rpc);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rpc, rpc_free)
/* Answers until the stream ends, nobody reads any more, or rpc_end was called. */
void rpc_run(Rpc *rpc);
void rpc_end(Rpc *rpc);
/* To the other side, unasked; params are taken. What a request of ours is answered with is not looked at. */
void rpc_notify(Rpc *rpc, const char *method, Json *params);
void rpc_request(Rpc *rpc, const char *method, Json *params);

/* ---- servers: they answer on standard output until standard input ends ------------------------------ */

/* path: the repository, where the editor names none. Gives the exit code that the protocol asks for. */
int serve_editor(const char *path);

typedef struct AssistantOptions {
	const char *path; /* of the repository */
	bool allow_write; /* fix may write files */
} AssistantOptions;

int serve_assistant(const AssistantOptions *options);
