/* Inside of src/flow: asking a program of the owner's what it makes of files of the repository. It is started without a
 * shell, reads copies, reaches no network where the kernel lets an ordinary user see to that, and ends in time. What it
 * says is kept by the checksum of all that it was given. */
#pragma once

#include "flow/flow.h"

typedef struct Asked {
	const Scan *scan;
	char *program, *identity; /* NULL where PATH names none */
	char *folder;             /* temporary, for this run: what the program sees */
	char *kept;               /* the cache, or NULL */
	Arena *arena;
	GString *reasons;
	uint32_t count, failed;
} Asked;

/* A folder of its own for the program, which may be NULL (and is taken). */
bool asked_init(Asked *asked, const Scan *scan, char *program, GError **error);
void asked_clear(Asked *asked);

/* A folder of labwright's cache, which begins anew above so many bytes. Free with g_free. */
char *asked_open_kept(const char *what, off_t most);
/* Another program of the same path may say something else; so may another archive. Free with g_free. */
char *asked_identity(const char *path);
/* The first word of what the program says of itself with these words, "" where that is nothing. Free with g_free. */
char *asked_version(Asked *asked, char **argv);

/* ---- copies -------------------------------------------------------------------------------------- */

/* Numbers of the files that the program is given. */
typedef struct Copies {
	const Asked *asked;
	GHashTable *files;
	size_t left;  /* bytes that may still be taken */
	bool refused; /* holds links, or is too large */
	bool lenient; /* links are left out */
} Copies;

Copies copies_new(const Asked *asked);
void copies_clear(Copies *copies);
/* All files below a folder, "" for all there are. */
void copies_take(Copies *copies, const char *folder);
void copies_take_file(Copies *copies, uint32_t file);
/* Counts paths and bytes into the sum. */
void copies_count(const Copies *copies, GChecksum *sum);
/* Writes them into this folder of the program's, under the paths that they have. */
#define COPIES_FOLDER "tree"
bool copies_write(const Copies *copies);

/* One file below the program's folder. */
bool asked_write(const Asked *asked, const char *path, Slice bytes);
/* The path on disk of a file that the scan has, if that is no link and what was read. Free with g_free. */
char *asked_on_disk(const Asked *asked, const char *path);

/* ---- asking -------------------------------------------------------------------------------------- */

/* What an earlier run was told of the same sum, or NULL. Free with g_free. */
char *asked_recall(const Asked *asked, GChecksum *sum);
/* What the program says, which is kept; NULL, with its last words in ret_words, where it fails. Both are freed with
 * g_free. */
char *asked_run(Asked *asked, char **argv, GChecksum *sum, char **ret_words);
/* The same with the network, for what helm writes into the folder. */
bool asked_fetch(Asked *asked, char **argv, char **ret_words);
/* One that cannot be made, and why; some of them are said. */
void asked_refuse(Asked *asked, const char *who, const char *why);
/* A line that counts, and the reasons below it. */
void asked_tell(const Asked *asked, const char *program, const char *what, const char *version, GString *notes);

/* ---- who asks ------------------------------------------------------------------------------------ */

/* What charts make of releases and what kustomizations come to, by rendered_key; charts are fetched where online says
 * so. False with an error. */
bool render_charts(const Scan *scan, bool online, GHashTable *rendered, GString *notes, GError **error);
bool render_kustomizations(const Scan *scan, bool online, GHashTable *rendered, GString *notes, GError **error);
