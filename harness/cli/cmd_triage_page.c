/* The page of a finding, as a file. */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "harness/cli/triage.h"
#include "harness/picture/finding.h"

bool triage_page(const char *path, const struct finding *finding) {
    char made[TRIAGE_PATH + 8];
    snprintf(made, sizeof(made), "%s.part", path); /* what a kill leaves half done is no page */
    FILE *file = fopen(made, "w");
    if (!file) {
        fprintf(stderr, "%s: %s\n", made, strerror(errno));
        return false;
    }
    finding_write(file, finding);
    bool ok = fflush(file) == 0 && !ferror(file);
    ok = fclose(file) == 0 && ok;
    if (!ok || rename(made, path) != 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        remove(made);
        return false;
    }
    return true;
}
