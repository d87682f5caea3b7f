/* The text form of the world's lines. Private to harness/program/text*.c. */
#ifndef HARNESS_TEXT_WORLD_H
#define HARNESS_TEXT_WORLD_H

#include "harness/program/text_scan.h"

/* The rest of a machine line. *adapters_given: whether it says how many adapters there are. */
bool text_parse_machine(struct text_parser *parser, bool *adapters_given);
/* The rest of the line of adapter `ordinal`. */
bool text_parse_adapter(struct text_parser *parser, unsigned ordinal);

#endif
