/* Asking the owner's own Python what does not compile. */
#pragma once

#include "flow/flow.h"

typedef struct Compiling Compiling;

/* Starts a Python that reads the programs that images run (RUNS_IN). Bytes that were asked about before, by this scan,
 * the one it stems from or (unless it takes nothing from a cache) an earlier run, are not asked about again. Only reads
 * the graph. NULL where there is no program. */
Compiling *compile_begin(Scan *scan);
/* Waits for the answers and adds COMPILE_ERROR and COMPILED_BY rows; nobody else may use the graph then. Nothing is
 * added where there is no python3, which the scan then says. Frees compiling, which may be NULL. */
void compile_end(Scan *scan, Compiling *compiling);

/* A program of the owner's in a folder that PATH names in full, no shim of a version manager; NULL where there is none.
 * Free with g_free. */
char *owners_program(const char *name);
