/* A pack is a header, records of a key and its value, and an index sorted by the hash of the key. It is written beside
 * its place and renamed, so that it is there whole or not at all, and two runs at a time each add one of their own;
 * what one of them has merged and removed, the other still holds open. Checksums stand over header with index, and over
 * each record: damage costs what it hit. Records are read by pread and not mapped, since a mapped file that is cut
 * short, or whose disk fails, kills who looks at it.
 *
 * A new pack takes in those of the earlier ones that are not much larger than itself, so that their number grows with
 * the logarithm of what is kept and each record is copied about as often. */
#include "base/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MOST_BYTES ((uint64_t)512 * 1024 * 1024) /* of all packs */
#define MOST_MERGED ((uint64_t)64 * 1024 * 1024) /* larger packs stay as they are */
#define MOST_PACKS 128
#define MOST_RECORD ((size_t)32 * 1024 * 1024)
#define BUFFER_SIZE ((size_t)256 * 1024)
#define FOREIGN_SECONDS ((time_t)30 * 24 * 60 * 60) /* another build's packs may be wanted by that build */
#define LEFT_SECONDS ((time_t)24 * 60 * 60)         /* what a killed run left half written */

static const char magic[16] = "labwright pack1";

typedef struct Header {
	char magic[16], stamp[32];
	uint64_t check; /* of the index, and of this header with 0 here */
	uint64_t index; /* where it begins; it ends the file */
	uint64_t count;
} Header;

typedef struct Entry {
	uint64_t hash;  /* of the key */
	uint64_t check; /* of key and value */
	uint64_t offset;
	uint32_t key_length, value_length;
} Entry;

typedef struct Pack {
	int file;
	char *name;
	Entry *entries;
	uint64_t count, bytes;
} Pack;

struct Store {
	char *folder;
	Header header; /* with the stamp, for what is written */
	GArray *packs; /* Pack */
	GMutex lock;   /* over what follows: the new pack */
	int file;      /* -1: nothing was added */
	char *name;    /* without its ending */
	GArray *added; /* Entry */
	GByteArray *buffer;
	uint64_t written;
	bool failed;
};

/* ---- reading ------------------------------------------------------------------------------------------ */

static bool read_at(int file, void *at, size_t length, uint64_t offset)
{
	char *next = at;
	while (length) {
		ssize_t got = pread(file, next, length, (off_t)offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		next += got;
		offset += (uint64_t)got;
		length -= (size_t)got;
	}
	return true;
}

static uint64_t check_of(Header header, const Entry *entries)
{
	header.check = 0;
	uint64_t sums[] = {slice_hash((Slice){(const char *)&header, sizeof header}),
	        slice_hash((Slice){(const char *)entries, header.count * sizeof(Entry)})};
	return slice_hash((Slice){(const char *)sums, sizeof sums});
}

/* A pack that this user wrote, and nobody else may have changed. */
static bool is_own(const struct stat *state)
{
	return S_ISREG(state->st_mode) && state->st_uid == geteuid() && !(state->st_mode & (S_IWGRP | S_IWOTH));
}

static bool read_index(Pack *pack, const char *stamp)
{
	Header header;
	struct stat state;
	if (fstat(pack->file, &state) != 0 || !is_own(&state) || !read_at(pack->file, &header, sizeof header, 0))
		return false;
	pack->bytes = (uint64_t)state.st_size;
	pack->count = header.count;
	if (memcmp(header.magic, magic, sizeof magic) != 0 || strncmp(header.stamp, stamp, sizeof header.stamp) != 0 ||
	        header.index < sizeof header || header.index > pack->bytes ||
	        header.count != (pack->bytes - header.index) / sizeof(Entry) ||
	        (pack->bytes - header.index) % sizeof(Entry) != 0)
		return false;
	pack->entries = g_try_new(Entry, MAX(header.count, 1));
	return pack->entries && read_at(pack->file, pack->entries, header.count * sizeof(Entry), header.index) &&
	       check_of(header, pack->entries) == header.check;
}

static void pack_clear(void *data)
{
	Pack *pack = data;
	if (pack->file >= 0)
		close(pack->file);
	g_free(pack->name);
	g_free(pack->entries);
}

static void open_pack(Store *store, int folder, const char *name)
{
	Pack pack = {.file = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
	if (pack.file >= 0 && read_index(&pack, store->header.stamp)) {
		pack.name = g_strdup(name);
		g_array_append_val(store->packs, pack);
	} else {
		pack_clear(&pack);
	}
}

Store *store_open(const char *name, const char *stamp)
{
	Store *store = g_new0(Store, 1);
	store->folder = g_build_filename(g_get_user_cache_dir(), "labwright", name, NULL);
	memcpy(store->header.magic, magic, sizeof magic);
	g_strlcpy(store->header.stamp, stamp, sizeof store->header.stamp);
	store->packs = g_array_new(FALSE, FALSE, sizeof(Pack));
	g_array_set_clear_func(store->packs, pack_clear);
	store->added = g_array_new(FALSE, FALSE, sizeof(Entry));
	store->file = -1;
	g_mutex_init(&store->lock);
	DIR *folder = opendir(store->folder);
	for (struct dirent *entry; folder && (entry = readdir(folder)) && store->packs->len < MOST_PACKS;)
		if (g_str_has_suffix(entry->d_name, ".pack"))
			open_pack(store, dirfd(folder), entry->d_name);
	if (folder)
		closedir(folder);
	return store;
}

/* The first entry whose hash is not below. */
static uint64_t first_entry(const Pack *pack, uint64_t hash)
{
	uint64_t low = 0, high = pack->count;
	while (low < high) {
		uint64_t middle = low + (high - low) / 2;
		if (pack->entries[middle].hash < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The key with its value, right as it was written; NULL otherwise. */
static const char *read_record(const Pack *pack, const Entry *entry, Arena *arena)
{
	size_t length = (size_t)entry->key_length + entry->value_length;
	if (length > MOST_RECORD || entry->offset > pack->bytes || length > pack->bytes - entry->offset)
		return NULL;
	char *bytes = arena_bytes(arena, length + 1);
	if (!read_at(pack->file, bytes, length, entry->offset) || slice_hash((Slice){bytes, length}) != entry->check)
		return NULL;
	bytes[length] = '\0';
	return bytes;
}

bool store_find(const Store *store, Slice key, Arena *arena, Slice *ret_value)
{
	uint64_t hash = slice_hash(key);
	for (guint p = 0; p < store->packs->len; p++) {
		const Pack *pack = &g_array_index(store->packs, Pack, p);
		for (uint64_t i = first_entry(pack, hash); i < pack->count && pack->entries[i].hash == hash; i++) {
			const Entry *entry = &pack->entries[i];
			const char *bytes = read_record(pack, entry, arena);
			if (!bytes || !slice_equal((Slice){bytes, entry->key_length}, key))
				continue;
			*ret_value = (Slice){bytes + entry->key_length, entry->value_length};
			return true;
		}
	}
	return false;
}

/* ---- writing ------------------------------------------------------------------------------------------ */

static char *path_of(const Store *store, const char *ending)
{
	return g_strconcat(store->folder, "/", store->name, ending, NULL);
}

static void flush(Store *store)
{
	const guint8 *at = store->buffer->data;
	for (size_t left = store->buffer->len; left && !store->failed;) {
		ssize_t written = write(store->file, at, left);
		if (written < 0 && errno == EINTR)
			continue;
		store->failed = written <= 0;
		at += MAX(written, 0);
		left -= (size_t)MAX(written, 0);
	}
	g_byte_array_set_size(store->buffer, 0);
}

static void put(Store *store, const void *at, size_t length)
{
	if (store->buffer->len + length > BUFFER_SIZE)
		flush(store);
	g_byte_array_append(store->buffer, at, (guint)length);
	store->written += length;
}

static void begin_pack(Store *store)
{
	static const Header none;
	store->buffer = g_byte_array_new();
	store->name = g_strdup("XXXXXX");
	g_autofree char *path = path_of(store, ".new");
	if (g_mkdir_with_parents(store->folder, 0700) == 0)
		store->file = mkostemps(path, (int)strlen(".new"), O_CLOEXEC);
	memcpy(store->name, path + strlen(store->folder) + 1, strlen(store->name));
	store->failed = store->file < 0;
	put(store, &none, sizeof none); /* a pack without its header is none */
}

static void add_record(Store *store, const Entry *of, Slice key, Slice value)
{
	Entry entry = *of;
	entry.offset = store->written;
	put(store, key.at, key.length);
	put(store, value.at, value.length);
	g_array_append_val(store->added, entry);
}

void store_add(Store *store, Slice key, Slice value)
{
	if (key.length + value.length > MOST_RECORD)
		return;
	g_autofree char *both = g_malloc(key.length + value.length + 1);
	memcpy(both, key.at, key.length);
	memcpy(both + key.length, value.at, value.length);
	Entry entry = {.hash = slice_hash(key),
	        .check = slice_hash((Slice){both, key.length + value.length}),
	        .key_length = (uint32_t)key.length,
	        .value_length = (uint32_t)value.length};
	g_mutex_lock(&store->lock);
	if (store->file < 0 && !store->failed)
		begin_pack(store);
	if (!store->failed && store->written < MOST_BYTES / 2)
		add_record(store, &entry, (Slice){both, key.length}, (Slice){both + key.length, value.length});
	g_mutex_unlock(&store->lock);
}

static int compare_entries(const void *a, const void *b)
{
	const Entry *left = a, *right = b;
	if (left->hash != right->hash)
		return left->hash < right->hash ? -1 : 1;
	return (left->check > right->check) - (left->check < right->check);
}

/* ---- merging -------------------------------------------------------------------------------------------- */

static void take_in(Store *store, const Pack *pack)
{
	g_autoptr(Arena) arena = arena_new();
	for (uint64_t i = 0; i < pack->count && !store->failed; i++) {
		const Entry *entry = &pack->entries[i];
		const char *bytes = read_record(pack, entry, arena);
		if (bytes)
			add_record(store, entry, (Slice){bytes, entry->key_length},
			        (Slice){bytes + entry->key_length, entry->value_length});
		arena_reset(arena);
	}
}

static int compare_packs(const void *a, const void *b)
{
	const Pack *left = a, *right = b;
	return (left->bytes > right->bytes) - (left->bytes < right->bytes);
}

/* How many of the packs, which it puts in the order of their size, the new one takes in. */
static guint merge(Store *store)
{
	guint merged = 0;
	g_array_sort(store->packs, compare_packs);
	for (; merged < store->packs->len; merged++) {
		const Pack *pack = &g_array_index(store->packs, Pack, merged);
		uint64_t own = store->written + store->added->len * sizeof(Entry);
		if (pack->bytes > 2 * own || own + pack->bytes > MOST_MERGED)
			break;
		take_in(store, pack);
	}
	return merged;
}

static bool end_pack(Store *store)
{
	if (store->added->len > 1)
		qsort(store->added->data, store->added->len, sizeof(Entry), compare_entries);
	const Entry *entries = (const Entry *)(const void *)store->added->data;
	store->header.index = store->written;
	store->header.count = store->added->len;
	store->header.check = check_of(store->header, entries);
	put(store, entries, store->added->len * sizeof(Entry));
	flush(store);
	return !store->failed &&
	       pwrite(store->file, &store->header, sizeof store->header, 0) == (ssize_t)sizeof store->header;
}

/* ---- throwing away ---------------------------------------------------------------------------------------- */

typedef struct Old {
	char *name;
	uint64_t bytes;
	struct timespec time;
} Old;

static int compare_ages(const void *a, const void *b)
{
	const Old *left = a, *right = b;
	if (left->time.tv_sec != right->time.tv_sec)
		return left->time.tv_sec < right->time.tv_sec ? -1 : 1;
	return (left->time.tv_nsec > right->time.tv_nsec) - (left->time.tv_nsec < right->time.tv_nsec);
}

static void old_clear(void *data)
{
	g_free(((Old *)data)->name);
}

static bool is_known(const Store *store, const char *name)
{
	for (guint i = 0; i < store->packs->len; i++)
		if (strcmp(g_array_index(store->packs, Pack, i).name, name) == 0)
			return true;
	return g_str_has_prefix(name, store->name);
}

/* Packs of other builds that are old, and what a killed run left; of all others the oldest while there is too much. */
static void sweep(const Store *store)
{
	DIR *folder = opendir(store->folder);
	g_autoptr(GArray) packs = g_array_new(FALSE, FALSE, sizeof(Old));
	g_array_set_clear_func(packs, old_clear);
	uint64_t all = 0;
	struct stat state;
	time_t now = time(NULL);
	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		const char *name = entry->d_name;
		bool half = g_str_has_suffix(name, ".new"), pack = g_str_has_suffix(name, ".pack");
		if ((!half && !pack) || fstatat(dirfd(folder), name, &state, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (now - state.st_mtime > (half ? LEFT_SECONDS : FOREIGN_SECONDS) && !is_known(store, name)) {
			unlinkat(dirfd(folder), name, 0);
		} else if (pack) {
			Old old = {g_strdup(name), (uint64_t)state.st_size, state.st_mtim};
			g_array_append_val(packs, old);
			all += old.bytes;
		}
	}
	g_array_sort(packs, compare_ages);
	for (guint i = 0; i < packs->len && all > MOST_BYTES; i++) {
		const Old *old = &g_array_index(packs, Old, i);
		if (unlinkat(dirfd(folder), old->name, 0) == 0)
			all -= old->bytes;
	}
	if (folder)
		closedir(folder);
}

static void finish(Store *store)
{
	g_autofree char *half = path_of(store, ".new"), *whole = path_of(store, ".pack");
	guint merged = store->failed ? 0 : merge(store);
	bool good = end_pack(store);
	close(store->file);
	if (!good || rename(half, whole) != 0) {
		unlink(half);
		return;
	}
	for (guint i = 0; i < merged; i++) {
		g_autofree char *path =
		        g_build_filename(store->folder, g_array_index(store->packs, Pack, i).name, NULL);
		unlink(path);
	}
	sweep(store);
}

void store_close(Store *store)
{
	if (!store)
		return;
	if (store->file >= 0)
		finish(store);
	g_clear_pointer(&store->buffer, g_byte_array_unref);
	g_array_unref(store->packs);
	g_array_unref(store->added);
	g_mutex_clear(&store->lock);
	g_free(store->folder);
	g_free(store->name);
	g_free(store);
}
