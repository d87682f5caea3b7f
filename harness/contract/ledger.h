/*
 * The counts of the ledger that are compared with the contract's after every call, a row for each: the member
 * of struct sut_ledger, what it counts, and the model's member. A count that matters more for what broke
 * comes first: a pin that took commit is no less wrong for being a good pin.
 */
#ifndef HARNESS_LEDGER_H
#define HARNESS_LEDGER_H

#define LEDGER_COUNTS(COUNT)                                                                                 \
    COUNT(commit_pages, "pages of commit charged", commit_pages)                                             \
    COUNT(pins, "pins", pins)                                                                                \
    COUNT(locked_pages, "locked pages", locked_pages)                                                        \
    COUNT(domain_pages, "pages mapped in domains", domain_pages)                                             \
    COUNT(views, "views", view_count)                                                                        \
    COUNT(view_bytes, "bytes of view space", view_bytes)                                                     \
    COUNT(handles, "handles alive", handles_alive)                                                           \
    COUNT(leaks, "pins and views taken back at stops", leaks)                                                \
    COUNT(breaches, "calls above PASSIVE_LEVEL reported", breaches)

#define LEDGER_NUMBER(member, ...) LEDGER_##member,
enum ledger_count {
    LEDGER_COUNTS(LEDGER_NUMBER)
};

#endif
