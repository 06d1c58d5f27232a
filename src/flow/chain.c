/* What the links of a chain of causes share: steps, the history of a line, findings of `check`, and who is who among
 * what is wanted and what runs. */
#include "flow/chain.h"

#include "base/address.h"
#include "base/near.h"
#include "flow/git.h"

void add_step(Chain *chain, char *take_place, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	cause_add(chain->cause, take_place, g_strdup_vprintf(format, args));
	va_end(args);
}

void set_mend(Chain *chain, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_free(chain->cause->mend);
	chain->cause->mend = g_strdup_vprintf(format, args);
	va_end(args);
	chain->cause->known = true;
}

char *place_of(const Chain *chain, Span span)
{
	const Graph *graph = chain->homelab->scan->graph;
	uint32_t line, column;
	graph_position(graph, span, &line, &column);
	return g_strdup_printf("%s:%u", graph_file_path(graph, span.file), line);
}

/* ---- history -------------------------------------------------------------------------------------------------------
 */

char *commit_of(const Chain *chain, Span span)
{
	const Graph *graph = chain->homelab->scan->graph;
	uint32_t line, column;
	graph_position(graph, span, &line, &column);
	g_autofree char *range = g_strdup_printf("%u,%u", line, line), *blamed = NULL, *told = NULL;
	const char *const blame[] = {
	        "blame", "--porcelain", "-L", range, "--", graph_file_path(graph, span.file), NULL};
	g_autoptr(GPtrArray) words = git_words(blame);
	if (!git_run(chain->homelab->scan->repo, words, &blamed, NULL) || strlen(blamed) < 40 ||
	        g_str_has_prefix(blamed, "0000000"))
		return NULL;
	g_autofree char *commit = g_strndup(blamed, 40);
	const char *const show[] = {"show", "--no-patch", "--date=short", "--format=%h %ad %an: %s", commit, NULL};
	g_autoptr(GPtrArray) more = git_words(show);
	if (!git_run(chain->homelab->scan->repo, more, &told, NULL))
		return NULL;
	return g_strdup(g_strstrip(told));
}

/* ---- findings
 * ----------------------------------------------------------------------------------------------------------- */

static bool mentions(const Finding *finding, const char *word)
{
	if (strstr(finding->message, word))
		return true;
	for (uint32_t i = 0; i < finding->n_evidence; i++)
		if (strstr(finding->evidence[i].text, word))
			return true;
	return false;
}

const Finding *find_finding(const Chain *chain, const char *const *rules, const char *const *words)
{
	for (; *rules; rules++)
		for (const char *const *word = words; *word; word++)
			for (size_t i = 0; **word && i < chain->check->count; i++) {
				const Finding *finding = chain->check->findings[i];
				if (strcmp(finding->rule->id, *rules) == 0 && mentions(finding, *word))
					return finding;
			}
	return NULL;
}

void add_finding(Chain *chain, const Finding *finding)
{
	g_autofree char *commit = commit_of(chain, finding->span);
	for (uint32_t i = 0; i < finding->n_evidence && i < 3; i++)
		if (finding->evidence[i].span.file != finding->span.file ||
		        finding->evidence[i].span.start != finding->span.start)
			add_step(chain, place_of(chain, finding->evidence[i].span), "%s", finding->evidence[i].text);
	add_step(chain, place_of(chain, finding->span), "%s%s%s", finding->message, commit ? "; since commit " : "",
	        commit ? commit : "");
	if (finding->n_edits && finding->fix >= FIX_VALUE)
		set_mend(chain, "labwright fix%s --only %s", finding->fix == FIX_VALUE ? " --derive" : "",
		        finding->rule->id);
	else
		set_mend(chain, "%s", finding->hint ? finding->hint : finding->rule->remedy);
}

bool add_found(Chain *chain, const char *const *rules, const char *const *words)
{
	const Finding *finding = find_finding(chain, rules, words);
	if (finding)
		add_finding(chain, finding);
	return finding != NULL;
}

/* ---- who is who
 * ----------------------------------------------------------------------------------------------------------- */

const Unit *unit_of(const Chain *chain, const LiveContainer *container)
{
	return wanted_find(chain->homelab->wanted, container->name);
}

static bool has_alias(const Unit *unit, const char *host)
{
	JSON_MEMBERS (json_at(unit->body, "NetworkingConfig.EndpointsConfig"), network, endpoint)
		JSON_EACH (json_get(endpoint, "Aliases"), alias)
			if (network && g_strcmp0(json_text(alias), host) == 0)
				return true;
	return false;
}

const Unit *unit_for_host(const Chain *chain, const char *host, const char *namespace)
{
	g_autofree char *local = g_strconcat(host, ".", namespace, NULL);
	const GPtrArray *units = chain->homelab->wanted->units;
	for (guint i = 0; i < units->len; i++)
		if (has_alias(units->pdata[i], host) || has_alias(units->pdata[i], local))
			return units->pdata[i];
	return NULL;
}

const Unit *unit_elsewhere(const Chain *chain, const char *host, const char **ret_namespace)
{
	g_autofree char *first = g_strndup(host, strcspn(host, "."));
	const GPtrArray *units = chain->homelab->wanted->units;
	for (guint i = 0; i < units->len; i++) {
		const Unit *unit = units->pdata[i];
		g_autofree char *full = g_strconcat(first, ".", unit->namespace, NULL);
		if (has_alias(unit, full)) {
			*ret_namespace = unit->namespace;
			return unit;
		}
	}
	return NULL;
}

static void offer_host(NearSearch *search, const char *alias, const char *domain)
{
	bool within = g_str_has_suffix(alias, domain);
	near_offer(search, slice_from(alias));
	if (within)
		near_offer(search, (Slice){alias, strlen(alias) - strlen(domain)});
}

char *nearest_host(const Chain *chain, const char *host, const char *namespace)
{
	g_autofree char *domain = g_strdup_printf(".%s.svc.cluster.local", namespace ? namespace : "");
	NearSearch search = near_search(slice_from(host), near_limit(slice_from(host)));
	const GPtrArray *units = chain->homelab->wanted->units;
	g_autoptr(GHashTable) offered = g_hash_table_new(g_str_hash, g_str_equal);
	for (guint i = 0; i < units->len; i++)
		JSON_MEMBERS (json_at(((const Unit *)units->pdata[i])->body, "NetworkingConfig.EndpointsConfig"),
		        network, endpoint)
			JSON_EACH (json_get(endpoint, "Aliases"), alias)
				if (network && g_hash_table_add(offered, (char *)json_text(alias)))
					offer_host(&search, json_text(alias), domain);
	return near_result(&search) == SIZE_MAX ? NULL : slice_dup(search.best);
}

/* The host of a value: of a URL or of host:port, or all of it where that is one word of a variable that says so and
 * does not mean the program itself. */
static char *host_of(const char *name, const char *value)
{
	static const char word[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
	Address address;
	size_t from = 0;
	const char *scheme = strstr(value, "://");
	if (scheme) {
		const char *start = scheme + strlen("://"), *at;
		size_t length = strcspn(start, "/?#");
		g_autofree char *whole = g_strndup(start, length);
		at = strrchr(whole, '@') ? strrchr(whole, '@') + 1 : whole;
		return g_strndup(at, strcspn(at, ":,"));
	}
	if (address_next(slice_from(value), &from, &address) && !address.is_ip && address.start == 0)
		return g_strndup(value + address.host_start, address.host_end - address.host_start);
	static const char *const ends[] = {"HOST", "SERVER", "ADDR", "ADDRESS", "BROKER"}, *const own[] = {"VIRTUAL",
	                                                                                           "LISTEN", "BIND"};
	bool says = false;
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
		says |= g_str_has_suffix(name, ends[i]);
	for (size_t i = 0; i < G_N_ELEMENTS(own); i++)
		says &= strstr(name, own[i]) == NULL;
	size_t length = strspn(value, word);
	return says && length && (value[length] == '\0' || value[length] == ':') ? g_strndup(value, length) : NULL;
}

char *unanswered_host(const Chain *chain, const Unit *unit, char **ret_variable)
{
	JSON_EACH (json_get(unit->body, "Env"), entry) {
		const char *text = json_text(entry), *equals = text ? strchr(text, '=') : NULL;
		g_autofree char *name = equals ? g_strndup(text, (size_t)(equals - text)) : NULL,
		                *host = equals ? host_of(name, equals + 1) : NULL;
		bool inside = host && *host && !strchr(host, '.') && strcmp(host, "localhost") != 0 &&
		              !g_ascii_isdigit(*host);
		if (!inside || unit_for_host(chain, host, unit->namespace))
			continue;
		*ret_variable = g_steal_pointer(&name);
		return g_steal_pointer(&host);
	}
	return NULL;
}

const LiveContainer *container_at(const Chain *chain, const char *address)
{
	for (guint i = 0; i < chain->live->containers->len; i++) {
		const LiveContainer *container = chain->live->containers->pdata[i];
		if (g_strcmp0(container->address, address) == 0 && container->role != UNIT_PAUSE)
			return container;
	}
	return NULL;
}

const char *variable_with(const Unit *unit, const char *word, char **ret_name)
{
	JSON_EACH (json_get(unit->body, "Env"), entry) {
		const char *text = json_text(entry), *equals = text ? strchr(text, '=') : NULL;
		if (equals && strstr(equals, word)) {
			*ret_name = g_strndup(text, (size_t)(equals - text));
			return equals + 1;
		}
	}
	return NULL;
}

const char *variable_named(const Unit *unit, const char *name)
{
	size_t length = strlen(name);
	JSON_EACH (json_get(unit->body, "Env"), entry) {
		const char *text = json_text(entry);
		if (text && strncmp(text, name, length) == 0 && text[length] == '=')
			return text + length + 1;
	}
	return NULL;
}

const Json *service_called(const Chain *chain, const char *name, const char *namespace, Span *ret_place)
{
	const GPtrArray *renders = chain->homelab->renders;
	for (guint i = 0; i < renders->len; i++) {
		const GArray *manifests = ((const Render *)renders->pdata[i])->manifests;
		for (guint m = 0; m < manifests->len; m++) {
			const Manifest *manifest = &g_array_index(manifests, Manifest, m);
			const char *own = json_text_at(manifest->object, "metadata.namespace");
			if (g_strcmp0(json_text_at(manifest->object, "kind"), "Service") != 0 ||
			        g_strcmp0(json_text_at(manifest->object, "metadata.name"), name) != 0 ||
			        g_strcmp0(own && *own ? own : "default", namespace) != 0)
				continue;
			*ret_place = manifest->place;
			return manifest->object;
		}
	}
	return NULL;
}
