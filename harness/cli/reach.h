/* Which clauses programs put to the test, and in which situations. */
#ifndef HARNESS_REACH_PROGRAMS_H
#define HARNESS_REACH_PROGRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "harness/cli/cmd.h"

/* Called after each program, in a child: what is counted of clauses then is this program's. */
typedef void reach_note(void *context, size_t program);

/* Runs all programs; what is counted of clauses afterwards is theirs together. Returns CMD_VIOLATED when one
 * broke something, CMD_BAD_INPUT when one cannot be read; tells each. `note` may be NULL. */
int reach(const struct cmd_files *files, reach_note *note, void *context);

/* Whether this build counts a clause (situation 0), or a clause in a situation. */
bool reach_is_counted(unsigned clause, unsigned situation);

/* When a file was last written, in seconds since 1970. */
double reach_time(const struct stat *status);

#endif
