/* Fibers and the scheduler, without an implementation behind them: who runs when, waits, and is forgotten. */
#include "harness/interleave/schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "harness/interleave/fiber.h"

/* What happened, a letter each: the actor that passed a point, 'A' for 0. */
static char story[256];
static size_t length;
static unsigned told; /* the actor that to_actor was told last */

static void to_actor(unsigned actor) {
    CHECK(!schedule.running); /* what an implementation does then is not traced */
    told = actor;
}

static void step(unsigned actor) {
    CHECK(schedule.actor == actor && told == actor);
    CHECK(length + 1 < sizeof(story));
    story[length++] = (char)('A' + actor);
    story[length] = 0;
    schedule_point(POINT_LOAD, 8, 0);
}

static enum schedule_outcome run(const struct program_race *race, unsigned actors,
                                 void (*body)(unsigned actor)) {
    length = 0;
    story[0] = 0;
    return schedule_run(race, actors, body, to_actor);
}

static void three_steps(unsigned actor) {
    for (unsigned i = 0; i < 3; i++)
        step(actor);
}

static void each_goes_on_where_the_schedule_says(void) {
    struct program_race race = {.ops = 1};
    CHECK(run(&race, 3, three_steps) == SCHEDULE_DONE && strcmp(story, "AAABBB") == 0);
    CHECK(schedule.points == 6 && schedule_switched() == 0);
    race.first = 1;
    CHECK(run(&race, 3, three_steps) == SCHEDULE_DONE && strcmp(story, "BBBAAA") == 0);
    race = (struct program_race){
        .ops = 1, .switches = 2, .at = {{.points = 2, .actor = 1}, {.points = 1, .actor = 0}}};
    CHECK(run(&race, 3, three_steps) == SCHEDULE_DONE && strcmp(story, "AABABB") == 0);
    CHECK(schedule_switched() == 2);
    /* Back behind the point, so that the third step is the one that was to come. */
    unsigned count;
    const struct schedule_mark *marks = schedule_marks(&count);
    CHECK(count == 3 && marks[0].point == 2 && marks[0].from == 0 && marks[0].to == 1);
    CHECK(marks[1].point == 3 && marks[1].since == 1 && marks[2].kind == POINT_ENDED);
}

static void switches_to_nobody_are_none(void) {
    /* To an actor that has no part, to the running one, to one that has ended. */
    const struct program_race race = {.ops = 1,
                                      .switches = 4,
                                      .at = {{.points = 1, .actor = 3},
                                             {.points = 1, .actor = 0},
                                             {.points = 2, .actor = 0},
                                             {.points = UINT32_C(1000), .actor = 1}}};
    CHECK(run(&race, 3, three_steps) == SCHEDULE_DONE && strcmp(story, "AAABBB") == 0);
    CHECK(schedule_switched() == 0);
}

static const char lock_a[1], lock_b[1];

static void under_a_lock(unsigned actor) {
    schedule_acquire(lock_a, "a");
    CHECK(strcmp(schedule_holds(), "a") == 0);
    three_steps(actor);
    schedule_release(lock_a);
    CHECK(schedule_holds() == NULL);
}

static void who_waits_does_not_run(void) {
    const struct program_race race = {
        .ops = 1, .switches = 2, .at = {{.points = 2, .actor = 1}, {.points = 1, .actor = 2}}};
    CHECK(run(&race, 7, under_a_lock) == SCHEDULE_DONE);
    CHECK(schedule_waited());
    CHECK(strcmp(story, "AAABBBCCC") == 0);
}

static void crosswise(unsigned actor) {
    const char *first = actor == 0 ? lock_a : lock_b;
    const char *second = actor == 0 ? lock_b : lock_a;
    schedule_acquire(first, actor == 0 ? "a" : "b");
    step(actor);
    schedule_acquire(second, actor == 0 ? "b" : "a");
    schedule_release(second);
    schedule_release(first);
}

static void all_that_wait_are_stuck(void) {
    const struct program_race unlucky = {.ops = 1, .switches = 1, .at = {{.points = 2, .actor = 1}}};
    const struct program_race lucky = {.ops = 1};
    char text[200];
    for (unsigned i = 0; i < 100; i++) {
        CHECK(run(&unlucky, 3, crosswise) == SCHEDULE_STUCK);
        schedule_stuck(text, sizeof(text));
        CHECK(strcmp(text, "actor 0: holds 'a', waits for 'b'; actor 1: holds 'b', waits for 'a'") == 0);
        CHECK(run(&lucky, 3, crosswise) == SCHEDULE_DONE); /* nothing is left of it */
    }
}

static void keeps_it(unsigned actor) {
    schedule_acquire(lock_a, "a");
    step(actor);
}

static void a_lock_that_is_kept_stops_the_others(void) {
    const struct program_race race = {.ops = 1};
    char text[200];
    CHECK(run(&race, 3, keeps_it) == SCHEDULE_STUCK);
    schedule_stuck(text, sizeof(text));
    CHECK(strstr(text, "actor 0 (which has ended): holds 'a'") != NULL);
}

/* Far down the stack, with objects that a sanitizer watches. */
static __attribute__((noinline)) unsigned dive(unsigned actor, unsigned depth) {
    volatile char object[64];
    object[depth % 64] = (char)depth;
    if (depth == 0) {
        step(actor);
        if (actor == 1)
            schedule_stop();
        return 0;
    }
    unsigned sum = dive(actor, depth - 1) + (unsigned)object[depth % 64];
    return sum;
}

static void deep(unsigned actor) {
    CHECK(dive(actor, 100) == 100 * 101 / 2);
}

static void who_is_left_in_the_middle_leaves_nothing(void) {
    const struct program_race race = {.ops = 1, .switches = 1, .at = {{.points = 1, .actor = 1}}};
    for (unsigned i = 0; i < 100; i++) {
        CHECK(run(&race, 3, deep) == SCHEDULE_STOPPED && strcmp(story, "AB") == 0);
        CHECK(run(&race, 5, deep) == SCHEDULE_DONE && strcmp(story, "AC") == 0);
    }
}

/* Each switch and who could have gone on instead. */
static void turns_say_where_a_switch_takes_place(void) {
    static struct schedule_turn turns[64];
    const struct program_race race = {.ops = 1};
    schedule_note(turns, 64);
    CHECK(run(&race, 3, under_a_lock) == SCHEDULE_DONE);
    uint32_t count = schedule_noted();
    schedule_note(NULL, 0);
    CHECK(count >= 4 && count <= 64 && turns[0].after == 0 && turns[0].running == 0 && turns[0].can_run == 3);
    CHECK(turns[count - 1].running == 1);
    for (uint32_t at = 1; at <= 10; at++) { /* a switch takes place exactly where they say */
        uint32_t turn = 0;
        while (turn + 1 < count && turns[turn + 1].after < at)
            turn++;
        bool can = turns[turn].running == 0 && (turns[turn].can_run >> 1 & 1);
        const struct program_race one = {.ops = 1, .switches = 1, .at = {{.points = at, .actor = 1}}};
        CHECK(run(&one, 3, under_a_lock) == SCHEDULE_DONE && schedule_switched() == can);
    }
}

int main(void) {
    each_goes_on_where_the_schedule_says();
    switches_to_nobody_are_none();
    who_waits_does_not_run();
    all_that_wait_are_stuck();
    a_lock_that_is_kept_stops_the_others();
    who_is_left_in_the_middle_leaves_nothing();
    turns_say_where_a_switch_takes_place();
    puts("schedule_test: all good");
    return 0;
}
