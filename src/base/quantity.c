/* Quantities: digits, a point, and a suffix of tens or of 1024s, or an exponent (k8s.io/apimachinery,
 * resource.Quantity). All in integers, for amounts decide what fits: a number is digits × 2^binary × 10^decimal. */
#include "base/quantity.h"

#include <glib.h>
#include <string.h>

#define MOST ((__int128)1 << 60)

typedef struct Suffix {
	const char *word;
	int binary, decimal;
} Suffix;

static const Suffix suffixes[] = {{"", 0, 0}, {"n", 0, -9}, {"u", 0, -6}, {"m", 0, -3}, {"k", 0, 3}, {"M", 0, 6},
        {"G", 0, 9}, {"T", 0, 12}, {"P", 0, 15}, {"E", 0, 18}, {"Ki", 10, 0}, {"Mi", 20, 0}, {"Gi", 30, 0},
        {"Ti", 40, 0}, {"Pi", 50, 0}, {"Ei", 60, 0}};

/* "e3", "E-2": the exponent in *ret_decimal. */
static bool read_exponent(Slice text, int *ret_decimal)
{
	uint32_t number;
	if (text.length < 2 || (text.at[0] != 'e' && text.at[0] != 'E'))
		return false;
	bool minus = text.at[1] == '-', sign = minus || text.at[1] == '+';
	if (!slice_to_number(slice_sub(text, sign ? 2 : 1, text.length), &number) || number > 18)
		return false;
	*ret_decimal = minus ? -(int)number : (int)number;
	return true;
}

static bool read_suffix(Slice text, Suffix *ret_suffix)
{
	*ret_suffix = (Suffix){"", 0, 0};
	for (size_t i = 0; i < G_N_ELEMENTS(suffixes); i++)
		if (slice_is(text, suffixes[i].word)) {
			*ret_suffix = suffixes[i];
			return true;
		}
	return read_exponent(text, &ret_suffix->decimal);
}

/* number × 10^decimal, rounded up; MOST where it is more. */
static __int128 shift_decimal(__int128 number, int decimal)
{
	bool rest = false;
	for (; decimal > 0 && number < MOST; decimal--)
		number *= 10;
	for (; decimal < 0 && number > 0; decimal++) {
		rest |= number % 10 != 0;
		number /= 10;
	}
	return MIN(number + rest, MOST);
}

/* Digits with one point at most; gives where they end, 0 where there are none. */
static size_t skip_digits(Slice text, bool *ret_zero)
{
	size_t at = 0, digits = 0;
	bool point = false;
	*ret_zero = true;
	for (; at < text.length && (g_ascii_isdigit(text.at[at]) || (text.at[at] == '.' && !point)); at++) {
		point |= text.at[at] == '.';
		digits += text.at[at] != '.';
		*ret_zero = *ret_zero && strchr("0.", text.at[at]);
	}
	return digits ? at : 0;
}

QuantitySign quantity_sign(Slice text)
{
	Suffix suffix;
	bool zero, sign = text.length && strchr("+-", text.at[0]);
	Slice number = slice_sub(text, sign, text.length);
	size_t end = skip_digits(number, &zero);
	if (end == 0 || !read_suffix(slice_sub(number, end, number.length), &suffix))
		return QUANTITY_NONE;
	return sign && text.at[0] == '-' && !zero ? QUANTITY_NEGATIVE : QUANTITY_GOOD;
}

bool quantity_parse(Slice text, int64_t scale, int64_t *ret_amount)
{
	__int128 number = 0;
	size_t at = 0, digits = 0;
	int decimal = 0;
	bool point = false;
	for (; at < text.length && (g_ascii_isdigit(text.at[at]) || (text.at[at] == '.' && !point)); at++) {
		if (text.at[at] == '.') {
			point = true;
			continue;
		}
		digits++;
		if (number >= MOST)
			return false;
		number = number * 10 + (text.at[at] - '0');
		decimal -= point;
	}
	Suffix suffix;
	if (digits == 0 || !read_suffix(slice_sub(text, at, text.length), &suffix))
		return false;
	if (number >= MOST || scale > ((int64_t)1 << 20))
		return false;
	number = number * scale; /* below 2^80 */
	if (suffix.binary > 40 && number > ((__int128)1 << 60))
		return false;
	number <<= suffix.binary;
	number = shift_decimal(number, decimal + suffix.decimal);
	*ret_amount = (int64_t)number;
	return number < MOST;
}

char *quantity_format(int64_t amount, int64_t scale)
{
	static const char *const units[] = {"", "Ki", "Mi", "Gi", "Ti"};
	size_t unit = 0;
	if (scale == 1000)
		return g_strdup_printf(amount % 1000 ? "%" G_GINT64_FORMAT "m" : "%" G_GINT64_FORMAT,
		        amount % 1000 ? amount : amount / 1000);
	while (amount && amount % 1024 == 0 && unit + 1 < G_N_ELEMENTS(units)) {
		amount /= 1024;
		unit++;
	}
	return g_strdup_printf("%" G_GINT64_FORMAT "%s", amount, units[unit]);
}
