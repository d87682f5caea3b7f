/* What a story's looks mean: whether the model says the same, and which of them broke the clause. Private
 * to harness/story*.c. */
#ifndef HARNESS_STORY_JUDGE_H
#define HARNESS_STORY_JUDGE_H

#include "harness/reproduce/story.h"

/* By chain and index: the step that made the last pin there. */
typedef uint32_t story_pin_steps[SUT_DEVICES][SUT_CHAIN_MAX];

/* Each fills in what a look was about and what the model says; DMA's before it is done. */
void story_judge_dma(struct story_look *look, uint64_t address, story_pin_steps pins);
void story_judge_page(struct story_look *look, const struct story *story, story_pin_steps pins);
void story_judge_ledger(struct story_look *look);
void story_judge_alive(struct story_look *look, const void *descriptor, story_pin_steps pins);
void story_judge_access(struct story_look *look, uint64_t address, const uint32_t *base_steps);
void story_judge_domain(struct story_look *look, const struct sut *real);

/* Remembers the pins that are about to end. */
void story_judge_pins(story_pin_steps pins);
/* Forgets them. */
void story_judge_reset(void);

/* Says what broke, behind a step. */
void story_judge_final(struct story *story, uint32_t step, bool in_driver, story_pin_steps pins);

#endif
