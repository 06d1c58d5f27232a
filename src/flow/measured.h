/* What a cluster measured, as facts of the containers of the repository. */
#pragma once

#include "flow/flow.h"

/* Derives what scan->usage says, if there is any. */
void measured_derive(Scan *scan);
