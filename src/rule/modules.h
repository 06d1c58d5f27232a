/* What import-unresolved and requirement-missing say of JavaScript and TypeScript; shared with the rules of Python. */
#pragma once

#include "rule/rule.h"

/* Imports of files: those that are nowhere, and those that an image does not take. */
void check_script_imports(Checker *checker);
/* Imports of packages that no package.json names. */
void check_script_packages(Checker *checker);
