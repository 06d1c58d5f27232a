/* Trees of folders that a document draws with ├── and └──. */
#pragma once

#include "rule/rule.h"

/* Takes names (LINK nodes of one file) out of their drawing, with all that is drawn below them. */
void erase_drawn(Checker *checker, Finding *finding, const GArray *names);
