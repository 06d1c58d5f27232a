/* Files that are for writing a program and not for running it at home: what they leave open is open for a while, to
 * its developer. */
#pragma once

#include "fact/fact.h"

/* True where the path says so (dev, test, local …), and for a compose file that lies beside a program's sources. */
bool is_for_developing(const Graph *graph, Node node);

/* Many compose projects want the same ports of one machine: they are there to choose from, each as its makers show it.
 */
bool is_compose_collection(const Graph *graph);
