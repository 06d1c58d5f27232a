/* Ports that Services had in earlier commits, where flow has asked the history. */
#pragma once

#include "rule/rule.h"

/* The port of the Service that once had the number; kind is FACT_FORMER_NUMBER or FACT_FORMER_NODE_PORT. */
Node port_that_was(const Graph *graph, Node service, FactKind kind, uint32_t number);

/* Mentions of a Service, by name or by an address beside its name, with a port that was its until an earlier commit. of
 * says which Service a mention surely names: those are reported as what they ask. Findings of the running rule. */
void check_former_ports(Checker *checker, Node (*of)(const Graph *graph, Node mention));

/* What stands at the place for that number becomes what the port has now as its kind (FACT_NUMBER, FACT_NODE_PORT). */
void mend_former(Checker *checker, Finding *finding, Span place, uint32_t old, Node port, FactKind kind);
