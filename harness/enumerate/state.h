/*
 * The state that a run has reached, as one number: two programs that reach the same one are gone on with
 * once.
 *
 * In it are the model's state, with the words that live sections are known to hold, and everything that the
 * oracle can look at: the ledger, the frames, locks and views of each page, domains and what they map, a lock
 * that is held, IRQLs. Handles and addresses of views count by which of them are the same and how far views
 * lie apart, for the values differ from process to process. How many handles there have been counts; of pins
 * and views that had to be taken back, and of calls above PASSIVE_LEVEL, whether there have been any.
 *
 * What an implementation remembers and the oracle cannot see is not in it: that this makes no difference is
 * the assumption of an enumeration that merges.
 */
#ifndef HARNESS_ENUMERATE_STATE_H
#define HARNESS_ENUMERATE_STATE_H

#include <stdint.h>

/* Of the run in progress. */
uint64_t state_number(void);

#endif
