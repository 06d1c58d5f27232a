/* What known images need where nobody says it: the figure that the makers of the program name for a small installation.
 * A program is in it only where such a figure could be found and read; what its makers name for one user or a full
 * team differ widely. A table of last resort; every amount from it is marked as an estimate wherever it is shown. */
#include "place/model.h"

#define MI (INT64_C(1) << 20)

typedef struct KnownImage {
	const char *repository; /* how the repository of the image ends */
	int64_t memory;
	const char *source;
} KnownImage;

static const KnownImage images[] = {
        {"ollama/ollama", 8192 * MI, "Ollama's README, as it long was: 8 GB for models of 7B"},
        {"nextcloud", 512 * MI, "Nextcloud's system requirements: 512 MB for each process, 128 MB at least"},
        {"grafana/grafana", 512 * MI, "Grafana's installation page: 512 MB"},
        {"keycloak/keycloak", 1250 * 1000 * 1000, "Keycloak's sizing page: 1250 MB for a pod"},
        {"gitlab/gitlab-ce", 8192 * MI, "GitLab's requirements: 8 GB, for set-ups with little memory"},
        {"gitlab/gitlab-ee", 8192 * MI, "GitLab's requirements: 8 GB, for set-ups with little memory"},
        {"itzg/minecraft-server", 1280 * MI, "the image's own default of 1G for Java, and a quarter for the rest"},
        {"postgres", 256 * MI, "PostgreSQL's default shared_buffers of 128 MB, and as much for connections"},
        {"mariadb", 256 * MI, "MariaDB's default buffer pool of 128 MB, and as much for the rest"},
};

/* The name without registry-independent tail: tag and digest. */
static Slice repository_of(const char *image)
{
	Slice name = slice_from(image);
	size_t at = slice_find_byte(name, '@', 0), colon;
	name = slice_sub(name, 0, MIN(at, name.length));
	const char *last = name.length ? memrchr(name.at, '/', name.length) : NULL;
	size_t start = last ? (size_t)(last - name.at) : 0;
	colon = slice_find_byte(name, ':', start);
	return slice_sub(name, 0, MIN(colon, name.length));
}

bool image_estimate(const char *image, Amounts *ret_amounts, const char **ret_source)
{
	if (!image || *image == '\0')
		return false;
	Slice repository = repository_of(image);
	for (size_t i = 0; i < G_N_ELEMENTS(images); i++) {
		size_t length = strlen(images[i].repository);
		if (!slice_ends(repository, images[i].repository) ||
		        (repository.length > length && repository.at[repository.length - length - 1] != '/'))
			continue;
		ret_amounts->of[RESOURCE_MEMORY] = images[i].memory;
		*ret_source = images[i].source;
		return true;
	}
	return false;
}
