/* Paths are compared as texts, so all of them are brought to one form first. */
#include "base/path.h"

#include <fnmatch.h>
#include <glib.h>

static size_t last_slash(Slice path)
{
	for (size_t i = path.length; i > 0; i--)
		if (path.at[i - 1] == '/')
			return i - 1;
	return SIZE_MAX;
}

Slice path_folder(Slice path)
{
	size_t slash = last_slash(path);
	return slice_sub(path, 0, slash == SIZE_MAX ? 0 : slash);
}

Slice path_name(Slice path)
{
	size_t slash = last_slash(path);
	return slice_sub(path, slash == SIZE_MAX ? 0 : slash + 1, path.length);
}

bool path_is_below(Slice path, Slice folder)
{
	if (folder.length == 0)
		return true;
	if (path.length < folder.length || memcmp(path.at, folder.at, folder.length) != 0)
		return false;
	return path.length == folder.length || path.at[folder.length] == '/';
}

bool path_is_below_any(Slice path, const char *const *folders)
{
	for (const char *const *folder = folders; folder && *folder; folder++)
		if (path_is_below(path, slice_from(*folder)))
			return true;
	return !folders;
}

char *path_relative(Slice folder, const char *path)
{
	GString *text = g_string_new(NULL);
	while (!path_is_below(slice_from(path), folder)) {
		g_string_append(text, "../");
		folder = path_folder(folder);
	}
	g_string_append(text, path + folder.length + (folder.length > 0 && path[folder.length] == '/'));
	return g_string_free(text, FALSE);
}

/* Takes the last part off; false if there is none. */
static bool go_up(GString *path)
{
	if (path->len == 0)
		return false;
	size_t slash = last_slash((Slice){path->str, path->len});
	g_string_truncate(path, slash == SIZE_MAX ? 0 : slash);
	return true;
}

char *path_resolve(Slice folder, Slice relative)
{
	if (relative.length && (relative.at[0] == '/' || relative.at[0] == '~'))
		return NULL;
	g_autoptr(GString) path = g_string_new_len(folder.at, (gssize)folder.length);
	for (size_t start = 0; start < relative.length;) {
		size_t end = MIN(slice_find_byte(relative, '/', start), relative.length);
		Slice part = slice_sub(relative, start, end);
		start = end + 1;
		if (part.length == 0 || slice_is(part, "."))
			continue;
		if (slice_is(part, "..")) {
			if (!go_up(path))
				return NULL;
			continue;
		}
		if (path->len)
			g_string_append_c(path, '/');
		g_string_append_len(path, part.at, (gssize)part.length);
	}
	return g_string_free(g_steal_pointer(&path), FALSE);
}

bool path_is_byte(char byte)
{
	return g_ascii_isalnum(byte) || strchr("._/-+@~", byte) != NULL || (unsigned char)byte >= 0x80;
}

bool path_next_word(Slice *rest, Slice *ret_word)
{
	size_t start = 0, end;
	while (start < rest->length && strchr("/.-_", rest->at[start]))
		start++;
	for (end = start; end < rest->length && !strchr("/.-_", rest->at[end]);)
		end++;
	*ret_word = slice_sub(*rest, start, end);
	*rest = slice_sub(*rest, end, rest->length);
	return end > start;
}

bool path_matches(const char *pattern, const char *path)
{
	g_autofree char *trimmed = g_strdup(pattern);
	size_t length = strlen(trimmed);
	while (length > 0 && (trimmed[length - 1] == '/' || g_str_has_suffix(trimmed, "/**"))) {
		length -= trimmed[length - 1] == '/' ? 1 : 3;
		trimmed[length] = '\0';
	}
	return fnmatch(trimmed, path, FNM_PATHNAME | FNM_LEADING_DIR) == 0;
}
