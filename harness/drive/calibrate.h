/* Learning the dialect of the implementation under test. */
#ifndef HARNESS_CALIBRATE_H
#define HARNESS_CALIBRATE_H

/*
 * Boots a few fixed machines, sees what the implementation chose, and tells contract/dialect.h. Done once in
 * a process, before its first program; not at all of one that is held to this project's choices. What is
 * asked may kill nobody: no null arguments, nothing above APC_LEVEL. A declaration that cannot be read ends
 * the process with a message, exit status 2.
 */
void calibrate(void);

#endif
