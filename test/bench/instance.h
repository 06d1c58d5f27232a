/* The two texts of the ROADEF/EURO challenge 2012, read. */
#pragma once

#include "place/reassign.h"

/* Numbers that are missing, out of range or too many are an error that names file, line and what was expected. */
Reassignment *instance_read(const char *model_path, const char *assignment_path, GError **error);
