/* The table of renderers. */
#include "report/report.h"

#define RENDERER(name) extern const Renderer renderer_##name;
#include "registry/renderer.def"
#undef RENDERER

const Renderer *const *renderers(void)
{
	static const Renderer *const all[] = {
#define RENDERER(name) &renderer_##name,
#include "registry/renderer.def"
#undef RENDERER
	        NULL,
	};
	return all;
}
