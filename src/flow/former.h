/* What ports of Services were in earlier commits. */
#pragma once

#include "flow/flow.h"

/* Derives what scan->former says of the Services of the graph. */
void former_derive(Scan *scan);
