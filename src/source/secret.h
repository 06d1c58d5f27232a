/* Inside of src/source: what is known of the forms of credentials. */
#pragma once

#include "base/slice.h"

/* The text begins with a token whose form says what it is. */
bool secret_has_form(Slice text);
/* Made of few different characters, or saying that it is an example. */
bool secret_is_sample(Slice token);
