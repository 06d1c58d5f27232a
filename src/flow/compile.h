/* Asking the owner's own Python what does not compile. */
#pragma once

#include "flow/flow.h"

/* Adds COMPILE_ERROR and COMPILED_BY rows for programs that images run (RUNS_IN). Bytes that were asked about before,
 * by this scan or the one it stems from, are not asked about again. Nothing is added where there is no python3, which
 * the scan then says. */
void compile_programs(Scan *scan);
