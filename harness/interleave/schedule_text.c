/* Where the switches of a race took place, for people. */
#include "harness/interleave/place.h"
#include "harness/interleave/schedule.h"

__attribute__((weak)) const char *place_of(uintptr_t pc, char *text, size_t size);

static void put_mark(const struct schedule_mark *mark, const uint32_t *ops, FILE *to) {
    static const char *const doing[] = {[POINT_CALL] = "before",
                                        [POINT_ACQUIRE] = "before taking",
                                        [POINT_RELEASE] = "after releasing",
                                        [POINT_LOAD] = "before reading",
                                        [POINT_STORE] = "before writing",
                                        [POINT_BLOCKED] = "waiting for",
                                        [POINT_ENDED] = "ended"};
    char text[256];
    fprintf(to, "  point %5u: actor %u ", mark->point, mark->from);
    if (mark->kind == POINT_CALL)
        fprintf(to, "before %s call", mark->call < 0 ? "its first" : "its next");
    else if (mark->kind == POINT_ENDED)
        fprintf(to, "has ended");
    else if (mark->lock)
        fprintf(to, "%s '%s'", doing[mark->kind], mark->lock);
    else
        fprintf(to, "%s %u bytes at %s", doing[mark->kind], mark->size,
                place_of ? place_of(mark->pc, text, sizeof(text)) : "an unknown place");
    if (mark->call >= 0 && mark->kind != POINT_ENDED)
        fprintf(to, " (operation %u)", ops[mark->call] + 1);
    fprintf(to, " -> actor %u%s\n", mark->to,
            mark->kind == POINT_BLOCKED || mark->kind == POINT_ENDED ? "" : " (by the schedule)");
}

void schedule_print(FILE *to, const uint32_t *ops) {
    unsigned marks;
    const struct schedule_mark *mark = schedule_marks(&marks);
    for (unsigned i = 0; i < marks; i++)
        put_mark(&mark[i], ops, to);
}
