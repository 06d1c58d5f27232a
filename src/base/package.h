/* What is known of Python packages beyond any one repository: which modules Python itself has, which package brings a
 * module of another name, and which packages bring others along. */
#pragma once

#include "base/slice.h"

/* True for the first part of a module that some Python from 3.8 to 3.14 has. */
bool package_is_standard(Slice module);

/* True if a package of that name gives the module (its first part): the same name in another spelling, a name that is
 * known to differ, or one that begins alike, so that nothing can be said against it. */
bool package_may_give(Slice package, Slice module);

/* True if the package is known to bring the module along with what it needs itself. Here and below, a package that is
 * installed with extras is called "NAME[]". */
bool package_brings(Slice package, Slice module);

/* True if all that the package brings along is known. */
bool package_is_known(Slice package);

/* True for modules that come along with many packages: missing only where all that is installed is known. */
bool package_is_common(Slice module);

/* The package to ask for where a module is missing; the module itself where no other name is known. */
Slice package_for(Slice module);
