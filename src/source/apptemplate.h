/* Inside of the reader of the app-template chart: apptemplate.c decides what is made, appname.c under which names,
 * apppod.c makes the pods, appcheck.c says what of the values cannot be meant, appkeys.c which keys there are. */
#pragma once

#include "source/kubernetes.h"
#include "source/made.h"

typedef struct AppTemplate {
	const SourceFile *file;
	Arena *arena;           /* the file's */
	const YamlNode *values; /* with the templates in them expanded as far as they can be */
	const char *release, *name, *fullname;
	uint32_t major;                  /* version of the chart; 0 where nothing says it */
	uint32_t version;                /* 401 for 4.1; 0 where nothing says it so exactly */
	uint32_t left;                   /* parts that may still be made: what multiplies must not outgrow its input */
	const YamlNode *only_controller; /* its identifier, where there is one */
	GHashTable *answer;              /* nodes whose templates are expanded already, to what they became */
} AppTemplate;

/* The first number of "^3.1.0", "4.x" or "5.1.0"; 0 where there is none. */
uint32_t app_major_version(Slice version);

/* Reads from the values what all of them depend on: version, names of the release, templates. */
void app_begin(AppTemplate *app, const YamlNode *values, Slice version);

/* The items of a section (controllers, service, persistence …) that are maps and not turned off, in order. */
typedef struct AppItems {
	YamlPairs pairs;
	const YamlNode *id, *item;
	uint32_t seen;
	const char *off; /* the identifier that is turned off unless the values turn it on, or NULL */
} AppItems;

AppItems app_items(const AppTemplate *app, const char *section);
bool app_next(AppItems *items);
uint32_t app_count(const AppTemplate *app, const char *section);
bool app_is_enabled(const YamlNode *item, bool usual);

/* The name of the object that an item of the section becomes; lives as long as the arena. */
const char *app_item_name(const AppTemplate *app, const char *section, const YamlNode *id, const YamlNode *item);
/* The same as versions 2 and 3 had it. */
const char *app_old_name(
        const AppTemplate *app, const char *section, const char *id, const YamlNode *item, uint32_t count);
/* The same for the identifier of one, placed where it is named; NULL where the section has no such item. */
const YamlNode *app_name_of(const AppTemplate *app, const char *section, const YamlNode *identifier);

/* Claims are made for persistence of that type (the default) that names none which exists. */
bool app_makes_claim(const YamlNode *item);

/* The Service that probes and routes of a controller take where they name none, or NULL; the port of a Service that
 * stands for it, or NULL. */
const YamlNode *app_primary_service(const AppTemplate *app, Slice controller);
const YamlNode *app_primary_port(const YamlNode *service);
/* The controller that a Service sends to; empty where it names none and there are several. */
Slice app_service_controller(const AppTemplate *app, const YamlNode *service);

/* The pod template of a controller, as `spec.template` of a Deployment. */
YamlNode *app_pod(AppTemplate *app, const YamlNode *id, const YamlNode *controller);
/* volumeClaimTemplates of a StatefulSet, or NULL. */
YamlNode *app_claim_templates(const AppTemplate *app, const YamlNode *controller);

/* Problems of the values, below parent: names of parts that are not there, numbers that are printed otherwise. */
void app_check(const AppTemplate *app, Node parent);

/* A PROBLEM below parent, chart-key, for each key that the chart does not have, or not in every version: its message
 * is where in the values, OPTIONAL says that the chart would take it without a word. */
void app_check_keys(const AppTemplate *app, Node parent);

/* app.kubernetes.io/name and instance, at the place of a node. */
void app_add_selector_labels(const AppTemplate *app, YamlNode *labels, const YamlNode *at);
/* The label that tells the pods of a controller. */
void app_add_controller_label(const AppTemplate *app, YamlNode *labels, const YamlNode *id);
