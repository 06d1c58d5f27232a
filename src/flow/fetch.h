/* Inside of src/flow: charts that lie elsewhere, brought by the owner's helm, where the user allows the network. */
#pragma once

#include "flow/asked.h"

/* As a release or a chart names it. Texts are borrowed. */
typedef struct ChartSource {
	const char *repository; /* https:, http: or oci:; NULL where nobody says */
	const char *name;       /* "" where an oci: repository is the chart itself */
	const char *version;    /* or a range; NULL for the newest */
	bool plain;             /* an oci: repository without TLS */
} ChartSource;

typedef struct Fetcher Fetcher;

/* By this helm (NULL where PATH has none), in the folder of asked; both are borrowed. allowed: whether anything is
 * fetched; else only what earlier runs have brought is found. */
Fetcher *fetcher_new(Asked *asked, const char *helm, bool allowed);
void fetcher_free(Fetcher *fetcher);
/* The path of an archive; NULL, with the reason in ret_why (to be freed), where there is none. Free with g_free. */
char *fetch_chart(Fetcher *fetcher, const ChartSource *source, char **ret_why);
/* Says how many charts were brought by the network in this run, if any. */
void fetcher_tell(const Fetcher *fetcher, GString *notes);
