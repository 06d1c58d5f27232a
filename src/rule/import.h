/* The edits of imports that lead nowhere. */
#pragma once

#include "rule/rule.h"

/* Lets the imports (Node) of one module name it as it is called from where they are: in another folder that the same
 * root of the image holds, by a name so near that no other is meant, or beside the importing file. elsewhere is the one
 * file of the repository that has its name, or NULL. Proposes nothing where that file does not give what is imported.
 */
void mend_imports(Checker *checker, Finding *finding, const GArray *imports, const char *elsewhere);
