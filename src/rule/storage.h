/* What a path of a node holds. */
#pragma once

#include <stdbool.h>

/* The machine's own: its devices, sockets, logs and programs, which are nobody's data. */
bool is_machine_path(const char *path);
