/* Amounts for people: three digits and a unit, rounded to the nearest. */
#include "place/place.h"

static char *with_unit(int64_t amount)
{
	static const char *const units[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi"};
	uint32_t unit = 0;
	int64_t whole = amount, tenths = 0;
	while (unit + 1 < G_N_ELEMENTS(units) && whole >= 1024) {
		unit++;
		int64_t scale = INT64_C(1) << (10 * unit);
		int64_t rounded = (int64_t)(((__int128)amount * 10 + scale / 2) / scale);
		whole = rounded / 10;
		tenths = rounded % 10;
	}
	if (whole >= 100 || tenths == 0)
		return g_strdup_printf("%" G_GINT64_FORMAT "%s", whole + (whole >= 100 && tenths >= 5), units[unit]);
	return g_strdup_printf("%" G_GINT64_FORMAT ".%" G_GINT64_FORMAT "%s", whole, tenths, units[unit]);
}

char *amount_text(Resource resource, int64_t amount)
{
	if (amount == AMOUNT_UNKNOWN)
		return g_strdup("?");
	if (resource == RESOURCE_PODS || resource == RESOURCE_GPU)
		return g_strdup_printf("%" G_GINT64_FORMAT, amount);
	if (resource != RESOURCE_CPU)
		return with_unit(amount);
	if (amount % 1000 == 0)
		return g_strdup_printf("%" G_GINT64_FORMAT, amount / 1000);
	if (amount < 1000)
		return g_strdup_printf("%" G_GINT64_FORMAT "m", amount);
	int64_t hundredths = (amount + 5) / 10;
	return g_strdup_printf("%" G_GINT64_FORMAT ".%02" G_GINT64_FORMAT, hundredths / 100, hundredths % 100);
}
