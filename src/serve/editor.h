/* Inside of the editor's server; only the files of src/serve include this. */
#pragma once

#include "serve/serve.h"

#include "report/report.h"

/* ---- positions, serve/position.c ------------------------------------------------------------------------ */

/* Lines and characters from 0. A character is a unit of UTF-16, or a byte where the editor counts UTF-8. Lines end with
 * LF, CR LF or CR. */
typedef struct Position {
	uint32_t line, character;
} Position;

/* Where the lines of a text begin; the text is borrowed. */
typedef struct Lines {
	Slice text;
	GArray *starts; /* uint32_t, one for each line */
} Lines;

Lines lines_of(Slice text);
void lines_clear(Lines *lines);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Lines, lines_clear)
Position lines_position(const Lines *lines, uint32_t at, bool utf8);
/* What lies beyond a line, or beyond the text, is its end. */
uint32_t lines_offset(const Lines *lines, Position position, bool utf8);

Json *position_json(Position position);
Position position_of(const Json *position);

/* ---- the repository as the editor has it, serve/workspace.c ------------------------------------------------ */

/* A text that is open in the editor. */
typedef struct Document {
	char *path, *uri; /* in the repository; as the editor calls it */
	GString *text;
	Slice bytes; /* of text */
	FileState state;
	int64_t version;
	bool changed; /* since its diagnostics were sent */
} Document;

/* What is on disk with the open texts in its place, checked. Made anew when somebody asks after a change. */
typedef struct Workspace {
	char *path;  /* that was asked for; names the repository */
	char *root;  /* of the repository as the editor calls it */
	bool utf8;   /* positions count bytes */
	bool failed; /* the repository could not be read, and the editor knows */
	Scan *base;  /* as it is on disk */
	Scan *scan;  /* with the open texts; base where there are none that differ */
	Check *check;
	GHashTable *documents; /* path → Document */
	Overlay *overlay;
	GHashTable *lines; /* file + 1 → Lines, of the scan */
} Workspace;

void workspace_init(Workspace *workspace);
void workspace_clear(Workspace *workspace);
/* The folder that the editor opened, or a path on the command line. */
void workspace_set_path(Workspace *workspace, const char *path);

/* Reads and checks what has changed since; false where the repository cannot be read. */
bool workspace_refresh(Workspace *workspace, GError **error);
/* The disk has changed, or one of the texts. */
void workspace_forget_disk(Workspace *workspace);
void workspace_forget_check(Workspace *workspace);

/* The path in the repository that a URI means; NULL for other places. Free with g_free. */
char *workspace_path(Workspace *workspace, const char *uri);
char *workspace_uri(const Workspace *workspace, const char *path);

/* After workspace_refresh. */
const Lines *workspace_lines(Workspace *workspace, uint32_t file);
Json *workspace_range(Workspace *workspace, Span span);
Json *workspace_location(Workspace *workspace, Span span);
/* The file and byte that textDocument and position of these parameters mean, as an empty span; false where the file is
 * not in the repository. */
bool workspace_place(Workspace *workspace, const Json *params, Span *ret_place);
/* The byte of a position in a file. */
uint32_t workspace_offset(Workspace *workspace, uint32_t file, const Json *position);

/* ---- what is asked ----------------------------------------------------------------------------------------- */

/* True if the span holds the byte, or ends right before it. */
static inline bool span_holds(Span span, Span place)
{
	return span.file == place.file && span.start <= place.start && place.start <= span.end;
}

/* The things that what stands there leads to, each once and in order; may be empty. Free with g_array_unref. */
GArray *definition_find(const Graph *graph, Span place);

/* Markdown: the findings there, and the facts of the smallest thing there. NULL for nothing. */
GString *hover_text(const Workspace *workspace, Span place, Span *ret_span);

Json *diagnostic_json(Workspace *workspace, const Finding *finding);
/* Proven edits for the findings that [place, end) touches. changes_by_version: as documentChanges. */
Json *actions_json(Workspace *workspace, Span range, bool changes_by_version);
