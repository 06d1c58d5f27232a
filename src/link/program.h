/* Inside of link/program.c: the Python program of an image, as far as it is followed. */
#pragma once

#include "link/build.h"

#define PROGRAM_MOST_ROOTS 16

typedef struct Module {
	const char *at;   /* path in the container */
	const char *repo; /* file of the repository */
} Module;

/* An import that leads nowhere. */
typedef struct Missing {
	Node import;
	const char *reason;
	const char *paths[2]; /* where it would stand in the repository, without .py; NULL where that is not known */
} Missing;

/* What a command starts and the image lacks. */
typedef struct Start {
	Node command;
	const char *path; /* in the repository, or in the container where it cannot be told */
} Start;

typedef struct Program {
	Graph *graph;
	Image *image;
	GArray *modules; /* Module; those from `next` on are not read yet */
	guint next;
	GHashTable *known; /* container paths in modules */
	const char *roots[PROGRAM_MOST_ROOTS];
	guint n_roots;
	uint32_t scripts;
	bool open;
	GArray *missing;
	Node command; /* CMD or ENTRYPOINT that is read, or NODE_NONE */
	Start missing_start;
} Program;

const Graph *program_graph(const Program *program);
/* The file of the container, if the repository has it, is one that runs. */
void program_add_module(Program *program, const char *at);
/* A folder of the container that modules are looked for in. */
void program_add_root(Program *program, const char *at);
/* folder/name and an end; and the folder that a path lies in. In the image's arena. */
const char *program_below(Program *program, const char *folder, Slice name, const char *end);
const char *program_parent(Program *program, const char *at);

typedef enum Found { FOUND_NOTHING, FOUND_FILE, FOUND_PACKAGE, FOUND_FOLDER } Found;

/* What a part of a module's name is in a folder of the container, and where. */
Found program_find_part(Program *program, const char *folder, Slice name, const char **ret_at);

/* Adds the modules that an instruction or a service of compose starts. */
void program_read_command(Program *program, Node node);
