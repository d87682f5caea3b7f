/*
 * The counts of the ledger that are compared with the contract's after every call, a row for each: the member
 * of struct sut_ledger, and what it counts. A count that matters more for what broke comes first: a pin that
 * took commit is no less wrong for being a good pin.
 */
#ifndef HARNESS_LEDGER_H
#define HARNESS_LEDGER_H

#define LEDGER_COUNTS(COUNT)                                                                                 \
    COUNT(commit_pages, "pages of commit charged")                                                           \
    COUNT(pins, "pins")                                                                                      \
    COUNT(locked_pages, "locked pages")                                                                      \
    COUNT(domain_pages, "pages mapped in domains")                                                           \
    COUNT(views, "views")                                                                                    \
    COUNT(view_bytes, "bytes of view space")                                                                 \
    COUNT(handles, "handles alive")                                                                          \
    COUNT(leaks, "pins and views taken back at stops")                                                       \
    COUNT(breaches, "calls above PASSIVE_LEVEL reported")

#define LEDGER_NUMBER(member, what) LEDGER_##member,
enum ledger_count {
    LEDGER_COUNTS(LEDGER_NUMBER)
};

#endif
