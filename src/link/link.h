/* Joining: what no single file says. Which kustomization brings a file in, what an object is called once it is applied,
 * what a reference points to, and where an opaque chart may hold the answer.
 *
 * Every linker adds rows to the derived layer of a graph; rules only read them. What they may count on:
 *
 * - An ENTRY (a path that a kustomization, Flux Kustomization or Application names) REFERS_TO the FILE or KUSTOMIZATION
 *   that it leads to, or is UNRESOLVED: "missing", "no-kustomization" (the folder has none), "cycle", or "unknown"
 *   (remote, a variable, another repository). A folder of plain manifests has neither row.
 * - A FILE that anything brings in or reads is REACHED_BY that KUSTOMIZATION, OBJECT or COMMAND, and has the ROOT of
 * each chain: the outermost KUSTOMIZATION or OBJECT, or for all that scripts apply one and the same script's FILE.
 * Commands of documents, and all where Flux or Argo CD is at work, reach files and are no root. A DOCUMENT that is only
 * read, as a patch or as the content of a generator, IS_PATCH: its objects are no objects.
 * - Every other OBJECT and GENERATED has an IDENTITY for each way in which it is applied: Kind/namespace/name, the kind
 *   with ".group" where that is an operator's. The namespace is empty where the kind has none or nothing says it.
 * - A REFERENCE REFERS_TO each object, generated object or provider that it may mean, or is UNRESOLVED: "missing" where
 *   nothing can make it, "unlikely" where only charts of other names could, "excused" where a chart or operator of
 *   that name may, "other-namespace" where it exists but not here, "unknown" for all that cannot be told.
 *   References in kustomizations (roles replicas and patch-target) have neither row.
 * - OPAQUE says in which namespace ("*": any) a chart, plugin or remote resource may make anything; CREATES what a
 *   script, document or template makes by hand, as Kind/name.
 * - A DOCKERFILE has a CONTEXT for each folder it is built in, placed where compose says so, or in itself for a guess.
 * A Python FILE that its image starts or imports RUNS_IN it. An IMPORT that nothing in the image gives is NOT_IN_IMAGE,
 *   with the WANTS_PATH where it would stand; guarded imports and what RUN may make have neither row.
 * - A Service SELECTS pods, a NetworkPolicy or PodDisruptionBudget COVERS them; it MAY_SELECT others where a part that
 *   cannot be read may make them.
 */
#pragma once

#include "fact/fact.h"

/* Runs all linkers and finishes the graph. */
void link_graph(Graph *graph);

/* The graph of a cluster: every OBJECT has the IDENTITY that it has there. */
void link_cluster(Graph *graph);

/* Where Dockerfiles are built, which programs their images run and where the imports of these lead. */
void link_builds(Graph *graph);
