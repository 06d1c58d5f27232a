/* A proof that fails says what is wrong, and not whose doing it is. A finding speaks of the file that it stands in and
 * of those that its evidence stands in: who changed one of these is suspected, and where nobody did, everybody is. */
#include "flow/suspect.h"

static bool accuse_of_file(const Suspects *suspects, uint32_t file)
{
	bool any = false;
	for (guint i = 0; i < suspects->changes; i++)
		if (suspects->concerns(i, file, suspects->data)) {
			suspects->accuse(i, &file, suspects->data);
			any = true;
		}
	return any;
}

void suspects_accuse(const Suspects *suspects, const Finding *finding)
{
	bool any = accuse_of_file(suspects, finding->span.file);
	for (uint32_t i = 0; i < finding->n_evidence; i++)
		any |= accuse_of_file(suspects, finding->evidence[i].span.file);
	for (guint i = 0; i < suspects->changes && !any; i++)
		suspects->accuse(i, NULL, suspects->data);
}
