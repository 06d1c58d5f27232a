/* A file of lines, "CHECKSUM KEY VALUE". Appending keeps writers from overwriting each other without a lock, and the
 * checksum makes every line stand for itself: whatever happens to the file, a line is right or not there. */
#include "base/cache.h"

#include "base/slice.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_BYTES ((off_t)4 * 1024 * 1024)
#define CHECK_LENGTH 16

struct Cache {
	char *path;
	GHashTable *known;
	GString *added;
	bool full;
};

/* Of "KEY VALUE". Free with g_free. */
static char *check_of(Slice line)
{
	char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)line.at, line.length);
	sum[CHECK_LENGTH] = '\0';
	return sum;
}

static void read_line(Cache *cache, Slice line)
{
	if (line.length <= CHECK_LENGTH || line.at[CHECK_LENGTH] != ' ')
		return;
	Slice rest = slice_sub(line, CHECK_LENGTH + 1, line.length);
	size_t blank = slice_find_byte(rest, ' ', 0);
	g_autofree char *check = check_of(rest);
	if (blank != SIZE_MAX && slice_starts(line, check))
		g_hash_table_insert(cache->known, slice_dup(slice_sub(rest, 0, blank)),
		        slice_dup(slice_sub(rest, blank + 1, rest.length)));
}

/* A regular file of a bounded size, whatever lies there. Free with g_free. */
static char *read_file(Cache *cache, size_t *ret_length)
{
	int file = open(cache->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat state;
	char *text = NULL;
	if (file < 0)
		return NULL;
	if (fstat(file, &state) == 0 && S_ISREG(state.st_mode)) {
		cache->full = state.st_size > MOST_BYTES;
		text = g_malloc((size_t)MIN(state.st_size, MOST_BYTES) + 1);
		ssize_t length = pread(file, text, (size_t)MIN(state.st_size, MOST_BYTES), 0);
		*ret_length = length > 0 ? (size_t)length : 0;
	}
	close(file);
	return text;
}

Cache *cache_open(const char *name)
{
	Cache *cache = g_new0(Cache, 1);
	cache->path = g_build_filename(g_get_user_cache_dir(), "labwright", name, NULL);
	cache->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	cache->added = g_string_new(NULL);
	size_t length = 0;
	g_autofree char *text = read_file(cache, &length);
	Slice rest = {text, length}, line;
	while (text && slice_next_line(&rest, &line))
		read_line(cache, line);
	return cache;
}

const char *cache_find(const Cache *cache, const char *key)
{
	return g_hash_table_lookup(cache->known, key);
}

void cache_add(Cache *cache, const char *key, const char *value)
{
	g_autofree char *line = g_strdup_printf("%s %s", key, value);
	g_autofree char *check = check_of(slice_from(line));
	g_string_append_printf(cache->added, "%s %s\n", check, line);
	g_hash_table_insert(cache->known, g_strdup(key), g_strdup(value));
}

static void write_added(const Cache *cache)
{
	g_autofree char *folder = g_path_get_dirname(cache->path);
	if (g_mkdir_with_parents(folder, 0700) != 0)
		return;
	if (cache->full)
		unlink(cache->path);
	int file = open(cache->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (file < 0)
		return;
	/* Cut short it leaves a line that nobody takes for one; the line end keeps it from spoiling the next. */
	ssize_t written = write(file, cache->added->str, cache->added->len);
	if (written >= 0 && (size_t)written < cache->added->len)
		(void)!write(file, "\n", 1);
	close(file);
}

void cache_close(Cache *cache)
{
	if (!cache)
		return;
	if (cache->added->len)
		write_added(cache);
	g_free(cache->path);
	g_hash_table_unref(cache->known);
	g_string_free(cache->added, TRUE);
	g_free(cache);
}
