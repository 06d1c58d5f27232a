/* The only user of GModule. A library that a program is linked with costs each of its starts the relocations of all
 * that it needs in turn: with libsoup and libarchive that is a third of what happens before `main`. */
#include "base/library.h"

#include "base/error.h"

#include <gmodule.h>

bool library_load(const char *file, const LibraryFunction *functions, size_t count, GError **error)
{
	GModule *module = g_module_open(file, G_MODULE_BIND_LAZY | G_MODULE_BIND_LOCAL);
	bool whole = module != NULL;
	for (size_t i = 0; i < count && whole; i++)
		whole = g_module_symbol(module, functions[i].name, functions[i].at);
	if (!whole)
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "%s", g_module_error());
	return whole;
}
