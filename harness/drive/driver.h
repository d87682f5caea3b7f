/* The drivers of a run: miniports with the program's settings. */
#ifndef HARNESS_DRIVER_H
#define HARNESS_DRIVER_H

#include "harness/contract/model.h"
#include "harness/drive/miniport.h"

extern struct miniport drivers[SUT_DEVICES]; /* by device */

/* The table a driver would call through: its own, or any other's where it never had one; NULL: there is none.
 */
const DXGKRNL_INTERFACE *driver_table(uint8_t device);

/* What the driver of an adapter is told to be, with the answers of adapter `as`, which come to these caps. */
void driver_settings(const struct program *program, uint8_t device, uint8_t as, const struct model_caps *caps,
                     struct miniport_settings *settings);
/* From now on, as the model has it. */
void driver_answers(uint8_t device, uint8_t as);
void driver_init(uint8_t device);
/* Tells the drivers of a chain of each other, and of one that joins it. */
void driver_join(uint8_t chain);
void driver_join_to(uint8_t lead, uint8_t joiner);
/* It is about to be started. */
void driver_assemble(uint8_t chain);

#endif
