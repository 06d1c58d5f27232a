/* Images: there, pulled, or built from the repository's own Dockerfile. */
#include "engine/inner.h"

#include "base/error.h"

/* ---- there ----------------------------------------------------------------------------------------------------------
 */

bool engine_has_image(Engine *engine, const char *image, bool *ret_has, GError **error)
{
	g_autofree char *name = escape(image), *path = g_strdup_printf("/images/%s/json", name);
	g_autoptr(GError) problem = NULL;
	g_autoptr(Json) json = engine_get(engine, path, &problem);
	*ret_has = json != NULL;
	if (!json && !engine_said(problem, 404)) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	return true;
}

/* Docker says which sum it is, Podman does not. */
char *image_id(const char *written)
{
	return written ? g_strdup(g_str_has_prefix(written, "sha256:") ? written + strlen("sha256:") : written) : NULL;
}

char *engine_image_id(Engine *engine, const char *image)
{
	g_autofree char *name = escape(image), *path = g_strdup_printf("/images/%s/json", name);
	g_autoptr(GError) missing = NULL;
	g_autoptr(Json) json = engine_get(engine, path, &missing);
	return image_id(json_text_at(json, "Id"));
}

GPtrArray *engine_images(Engine *engine)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) ignored = NULL;
	g_autoptr(Json) list = engine_get(engine, "/images/json", &ignored);
	JSON_EACH (list, image)
		JSON_EACH (json_get(image, "RepoTags"), tag)
			g_ptr_array_add(names, g_strdup(json_text(tag) ? json_text(tag) : ""));
	return names;
}

/* ---- streams of progress: one JSON object after the other
 * ------------------------------------------------------------ */

/* A line of the stream; false if it tells of a failure. */
static bool read_progress(const char *line, EngineSay say, void *data, GError **error)
{
	g_autoptr(Json) json = json_parse(slice_from(line), NULL);
	const char *problem = json_text_at(json, "error"), *status = json_text_at(json, "status"),
	           *output = json_text_at(json, "stream");
	if (problem) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "%s", problem);
		return false;
	}
	g_autofree char *text = g_strdup(output ? output : status);
	if (say && text && *g_strstrip(text))
		say(text, data);
	return true;
}

static bool follow(GInputStream *stream, EngineSay say, void *data, GError **error)
{
	g_autoptr(GDataInputStream) lines = g_data_input_stream_new(stream);
	for (;;) {
		g_autoptr(GError) problem = NULL;
		g_autofree char *line = g_data_input_stream_read_line(lines, NULL, NULL, &problem);
		if (!line && problem) {
			g_propagate_error(error, g_steal_pointer(&problem));
			return false;
		}
		if (!line)
			return true;
		if (!read_progress(line, say, data, error))
			return false;
	}
}

bool engine_pull(Engine *engine, const char *image, EngineSay say, void *data, GError **error)
{
	const char *slash = strrchr(image, '/');
	bool tagged = strchr(slash ? slash : image, ':') || strchr(image, '@');
	g_autofree char *whole = tagged ? g_strdup(image) : g_strconcat(image, ":latest", NULL), *name = escape(whole);
	g_autofree char *path = g_strconcat("/images/create?fromImage=", name, NULL);
	g_autoptr(GInputStream) stream = engine_stream(engine, "POST", path, NULL, NULL, error);
	return stream && follow(stream, say, data, error);
}

bool engine_build(Engine *engine, const WantedImage *image, const char *root, EngineSay say, void *data, GError **error)
{
	g_autofree char *folder = g_build_filename(root, image->context, NULL), *name = escape(image->image),
	                *file = escape(image->dockerfile);
	g_autoptr(GBytes) context = archive_tree(folder, image->dockerfile, error);
	if (!context) {
		g_prefix_error(error, "cannot read the build context %s: ", image->context);
		return false;
	}
	g_autofree char *target = image->target ? escape(image->target) : NULL;
	g_autofree char *arguments = image->arguments ? json_print(image->arguments) : NULL,
	                *escaped = arguments ? escape(arguments) : NULL;
	g_autofree char *path = g_strconcat("/build?rm=true&t=", name, "&dockerfile=", file, target ? "&target=" : "",
	        target ? target : "", escaped ? "&buildargs=" : "", escaped ? escaped : "", NULL);
	g_autoptr(GInputStream) stream = engine_stream_bytes(engine, path, context, "application/x-tar", error);
	return stream && follow(stream, say, data, error);
}

/* ---- the pause container
 * --------------------------------------------------------------------------------------------------- */

/* A program that waits for ever: nothing else has to be there to hold a pod's network. An ELF file of one segment at
 * 0x400000 and a loop round the system call that waits for a signal: pause on x86-64, ppoll with nothing on AArch64. */
static const guint8 code_amd64[] = {0xb8, 0x22, 0x00, 0x00, 0x00, 0x0f, 0x05, 0xeb, 0xf7};
static const guint8 code_arm64[] = {0x00, 0x00, 0x80, 0xd2, 0x01, 0x00, 0x80, 0xd2, 0x02, 0x00, 0x80, 0xd2, 0x03, 0x00,
        0x80, 0xd2, 0x04, 0x00, 0x80, 0xd2, 0x28, 0x09, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4, 0xf9, 0xff, 0xff, 0x17};

static void put_number(guint8 *at, guint64 number, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		at[i] = (guint8)(number >> (8 * i));
}

/* Headers as the System V ABI has them: 64 bytes of file header, 56 of one program header. */
static size_t make_elf(const char *architecture, guint8 into[256])
{
	bool arm = strcmp(architecture, "arm64") == 0;
	const guint8 *code = arm ? code_arm64 : code_amd64;
	size_t length = arm ? sizeof(code_arm64) : sizeof(code_amd64), whole = 120 + length;
	static const guint8 magic[] = {0x7f, 'E', 'L', 'F', 2, 1, 1}; /* 64 bits, little end first, version 1 */
	memset(into, 0, 256);
	memcpy(into, magic, sizeof(magic));
	put_number(into + 16, 2, 2);              /* an executable */
	put_number(into + 18, arm ? 183 : 62, 2); /* EM_AARCH64, EM_X86_64 */
	put_number(into + 20, 1, 4);
	put_number(into + 24, 0x400000 + 120, 8); /* where it begins */
	put_number(into + 32, 64, 8);             /* the program header's place */
	put_number(into + 52, 64, 2);
	put_number(into + 54, 56, 2);
	put_number(into + 56, 1, 2);
	put_number(into + 64, 1, 4); /* PT_LOAD */
	put_number(into + 68, 5, 4); /* read and execute */
	put_number(into + 80, 0x400000, 8);
	put_number(into + 88, 0x400000, 8);
	put_number(into + 96, whole, 8);
	put_number(into + 104, whole, 8);
	put_number(into + 112, 0x1000, 8);
	memcpy(into + 120, code, length);
	return whole;
}

bool engine_make_pause(Engine *engine, GError **error)
{
	bool has;
	guint8 elf[256];
	const char *architecture = engine_architecture(engine);
	if (!engine_has_image(engine, PAUSE_IMAGE, &has, error))
		return false;
	if (has)
		return true;
	if (strcmp(architecture, "amd64") != 0 && strcmp(architecture, "arm64") != 0) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK,
		        "pods of several containers are not run on %s", architecture);
		return false;
	}
	size_t length = make_elf(architecture, elf);
	g_autoptr(GBytes) tar = archive_file("pause", elf, length, 0755);
	static const char image[] = "/images/create?fromSrc=-&repo=labwright.local%2fpause&tag=1";
	if (!engine_put(engine, "POST", image, tar, "application/x-tar", error))
		return false;
	/* Podman calls what it imports "latest", whatever tag is asked for. */
	return !engine_is_podman(engine) ||
	       engine_send(engine, "POST",
	               "/images/labwright.local%2fpause:latest/tag?repo=labwright.local%2fpause&tag=1", NULL, NULL,
	               error);
}
