/* The number of a version says nothing of a program that somebody changed, nor of the library that it reads YAML with.
 * Linkers write a build id into each of them; all of these together are the stamp. The kernel's own page, which has one
 * as well, is left out. */
#include "base/version.h"

#include "base/slice.h"

#include <elf.h>
#include <glib.h>
#include <link.h>

typedef struct Stamp {
	GChecksum *sum;
	bool unknown;
} Stamp;

#define PADDED(size) (((size_t)(size) + 3) & ~(size_t)3)

/* Notes of one segment. */
static bool add_id(Stamp *stamp, const char *at, size_t length)
{
	ElfW(Nhdr) note;
	while (length >= sizeof note) {
		memcpy(&note, at, sizeof note);
		size_t name = PADDED(note.n_namesz), text = PADDED(note.n_descsz);
		if (name > length - sizeof note || text > length - sizeof note - name)
			return false;
		const char *words = at + sizeof note;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && memcmp(words, "GNU", 4) == 0) {
			g_checksum_update(stamp->sum, (const guchar *)words + name, (gssize)note.n_descsz);
			return true;
		}
		at += sizeof note + name + text;
		length -= sizeof note + name + text;
	}
	return false;
}

static int add_object(struct dl_phdr_info *info, size_t size, void *data)
{
	Stamp *stamp = data;
	bool found = strncmp(info->dlpi_name, "linux-vdso", strlen("linux-vdso")) == 0;
	for (unsigned i = 0; i < info->dlpi_phnum && !found; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];
		if (part->p_type == PT_NOTE)
			found = add_id(stamp, (const char *)(info->dlpi_addr + part->p_vaddr),
			        part->p_memsz); /* NOLINT: an address */
	}
	stamp->unknown |= !found;
	return 0;
}

static gpointer make_stamp(gpointer data)
{
	Stamp stamp = {.sum = g_checksum_new(G_CHECKSUM_SHA256)};
	dl_iterate_phdr(add_object, &stamp);
	char *text = stamp.unknown ? NULL : g_strndup(g_checksum_get_string(stamp.sum), VERSION_STAMP_LENGTH);
	g_checksum_free(stamp.sum);
	return text;
}

const char *version_stamp(void)
{
	static GOnce once = G_ONCE_INIT; /* libraries that are loaded later have no part in reading */
	return g_once(&once, make_stamp, NULL);
}
