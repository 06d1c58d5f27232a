/* A registry of images, asked by the distribution API. Nothing is ever written there. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Registry Registry;

/* host as it stands before the first slash of an image ("ghcr.io", "localhost:5000"); docker.io is Docker Hub. Those of
 * this machine are asked by HTTP, all others by HTTPS. */
Registry *registry_new(const char *host);
void registry_free(Registry *registry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Registry, registry_free)

typedef enum RegistrySays {
	REGISTRY_HAS,
	REGISTRY_LACKS_TAG,
	REGISTRY_LACKS_NAME,
	REGISTRY_SAYS_NOTHING /* it is private, not reached, or has been asked often enough */
} RegistrySays;

/* Whether the repository ("library/nginx") has the tag or digest. Asks for heads alone, which Docker Hub does not count
 * as pulls. */
RegistrySays registry_find(Registry *registry, const char *repository, const char *reference);

/* Architectures that the image is built for ("amd64", "arm64"); NULL where it does not say. */
GPtrArray *registry_platforms(Registry *registry, const char *repository, const char *reference);

/* Tags of the repository, at most some thousands; NULL where there is no answer. */
GPtrArray *registry_tags(Registry *registry, const char *repository);

/* The tag that was probably meant by that of an image ("ghcr.io/a/b:1.2"), of those that its registry lists; NULL where
 * it does not answer, or nothing is near. In online.c. */
char *registry_near_tag(const char *image);

/* Why it is not asked any more: "it limits how often it may be asked", "not reached: …"; NULL while it is. */
const char *registry_silence(const Registry *registry);
