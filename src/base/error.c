/* One error domain: the two kinds differ by exit code only. */
#include "base/error.h"

G_DEFINE_QUARK(labwright - error - quark, labwright_error)
