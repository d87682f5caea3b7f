/* Sources: the file around the story. */
#include "harness/reproduce/source.h"

#include <stdarg.h>
#include <string.h>

#include "harness/program/text.h"
#include "harness/program/world.h"
#include "harness/reproduce/source_parts.h"

void source_put(struct source *s, const char *format, ...) {
    va_list list;
    va_start(list, format);
    vfprintf(s->file, format, list);
    va_end(list);
}

void source_put_number(struct source *s, uint64_t value) {
    source_put(s, value < 10 ? "%llu" : "0x%llx", (unsigned long long)value);
}

uint32_t source_race(const struct program *program) {
    uint32_t op = 0;
    while (op < program->op_count && program->ops[op].opcode != OP_RACE)
        op++;
    return op;
}

/* ---- what is needed ---- */

static void need(struct source *s) {
    const struct story *story = s->story;
    struct source_needs *needs = &s->needs;
    *needs = (struct source_needs){0};
    needs->strict = story->final == FINAL_DRIVER || story->final == FINAL_CALLED;
    needs->chains = needs->strict;
    for (uint8_t i = 0; i < s->program->machine.adapters; i++)
        needs->faults |= (s->program->adapters[i].miniport & PROGRAM_MP_ANSWERS) != 0;
    for (uint32_t i = 0; i < story->steps; i++) {
        const struct story_step *step = &story->step[i];
        uint8_t opcode = step->before.opcode;
        if (step->kind != STEP_CALL)
            continue;
        needs->chains |= step->member_count > 1;
        needs->within |= step->inside;
        needs->issued |= call_is_callback(opcode) && step->handle == SYMBOL_ISSUED;
        bool final = i == story->final_step;
        needs->dma |= opcode == OP_DMA_READ || opcode == OP_DMA_WRITE;
        needs->reads |= (opcode == OP_CPU_READ && !(final && story->final == FINAL_CPU)) ||
                        (opcode == OP_DMA_READ && step->wants_ok && !(final && story->final == FINAL_DMA));
    }
    for (uint32_t i = 0; i < story->looks && i < story->final_look; i++)
        needs->looks |= story->looked[i].kind == LOOK_DMA && story->looked[i].place.step != STORY_NOWHERE;
}

/* ---- the head ---- */

static void put_comment(struct source *s, const char *name, const struct verdict *verdict) {
    static char text[TEXT_LINE_MAX];
    const struct story *story = s->story;
    bool broken = story->clause < CONTRACT_CLAUSE_COUNT;
    source_put(s, "/*\n");
    if (broken) {
        const struct contract_row *row = &contract_table[story->clause];
        source_put(s, " * %s: %s", row->id, row->title);
        source_put(s, row->source[0] ? " [%s].\n *\n" : ".\n *\n", row->source);
        source_put(s, " * expected: %s\n * got:      %s\n", story->expected, story->got);
    } else if (story->final == FINAL_DIED) {
        source_put(s, " * The process dies: ");
        verdict_print(s->file, verdict, VERDICT_TIMEOUT);
        source_put(s, ".\n");
    } else {
        source_put(s, " * The contract is kept.\n");
    }
    if (broken && story->op < s->program->op_count) {
        text_print_op(&s->program->ops[story->op], text, sizeof text);
        source_put(s, " * at:       operation %u, %s\n", story->op + 1, text);
    } else if (broken) {
        source_put(s, " * at:       %s\n", run_where(story->op));
    }
    source_put(
        s,
        " *\n"
        " * What follows plays the bus, the drivers and their GPUs, as %s tells it, for an implementation\n"
        " * of the frame-buffer-save callbacks that stands behind harness/sut.h:\n"
        " *\n"
        " *     cc -I ROOT -I ROOT/src -I ROOT/src/include THIS.c $(find ROOT/src -name '*.c') && ./a.out\n"
        " *\n"
        " * ROOT is where this project lies; the sources of another implementation go in place of what find\n"
        " * lists.\n"
        " *\n"
        " * Exit status: 0 the contract is kept; 1 it is broken as told above; 2 something else happens.\n"
        " * Written by pinfuzz source.\n"
        " */\n",
        name);
}

/* As a C string. */
static void put_string(struct source *s, const char *text) {
    source_put(s, "\"");
    for (; *text; text++)
        source_put(s, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    source_put(s, "\"");
}

static void put_finding(struct source *s) {
    const struct story *story = s->story;
    const struct contract_row *row = &contract_table[story->clause];
    source_put(s,
               "/* The contract is broken: what was seen. */\n"
               "static _Noreturn __attribute__((format(printf, 1, 2))) void finding(const char *got, ...) {\n"
               "    va_list list;\n"
               "    printf(\"contract violation: %%s\\n  expected:  %%s\\n  got:       \", ");
    put_string(s, row->id);
    source_put(s, ",\n           ");
    put_string(s, story->expected);
    source_put(s, ");\n"
                  "    va_start(list, got);\n"
                  "    vprintf(got, list);\n"
                  "    va_end(list);\n"
                  "    printf(\"\\n\");\n"
                  "    fflush(stdout);\n"
                  "    _Exit(1);\n"
                  "}\n\n");
}

static void put_head(struct source *s) {
    bool finds = s->story->clause < CONTRACT_CLAUSE_COUNT && s->story->final != FINAL_UNKNOWN;
    if (finds)
        source_put(s, "#include <stdarg.h>\n");
    source_put(s, "#include <stdbool.h>\n"
                  "#include <stdint.h>\n"
                  "#include <stdio.h>\n"
                  "#include <stdlib.h>\n"
                  "#include <string.h>\n\n"
                  "#include \"harness/sut.h\"\n\n"
                  "/* The implementation. */\n"
                  "static const struct sut *sut;\n\n");
    if (finds)
        put_finding(s);
    source_put(s, "/* Ends the story when a call does otherwise than it did. */\n"
                  "static void went(const char *what, NTSTATUS status, bool succeeds) {\n"
                  "    if (NT_SUCCESS(status) == succeeds)\n"
                  "        return;\n"
                  "    printf(\"%%s: 0x%%08x, where it %%s before\\n\", what, (unsigned)status,\n"
                  "           succeeds ? \"succeeded\" : \"failed\");\n"
                  "    fflush(stdout);\n"
                  "    _Exit(2);\n"
                  "}\n\n");
    if (s->needs.reads)
        source_put(s, "/* Likewise, for a word that is read. */\n"
                      "static void reads(const char *what, uint64_t word, uint64_t expected) {\n"
                      "    if (word == expected)\n"
                      "        return;\n"
                      "    printf(\"%%s: reads 0x%%llx, not 0x%%llx\\n\", what, (unsigned long long)word,\n"
                      "           (unsigned long long)expected);\n"
                      "    fflush(stdout);\n"
                      "    _Exit(2);\n"
                      "}\n\n");
}

/* ---- pinned pages and GPUs ---- */

static const char pins[] = "/* ---- pinned pages ---- */\n\n"
                           "/* What an ADL or an MDL said when the pin was made. */\n"
                           "struct pages {\n"
                           "    const void *descriptor;\n"
                           "    uint64_t count;\n"
                           "    bool contiguous;\n"
                           "    DXGK_PAGE_NUMBER base;         /* contiguous */\n"
                           "    const DXGK_PAGE_NUMBER *array; /* else; and a copy, for what is looked at "
                           "when the pin has ended */\n"
                           "    DXGK_PAGE_NUMBER *numbers;\n"
                           "};\n\n";

static const char copy_numbers[] = "static void copy_numbers(struct pages *pages) {\n"
                                   "    size_t size = pages->count * sizeof *pages->numbers;\n"
                                   "    pages->numbers = malloc(size);\n"
                                   "    if (!pages->numbers)\n"
                                   "        _Exit(2);\n"
                                   "    memcpy(pages->numbers, pages->array, size);\n"
                                   "}\n\n";

static const char from_adl[] = "static struct pages pages_of_adl(const DXGK_ADL *adl) {\n"
                               "    struct pages pages = {.descriptor = adl, .count = adl->PageCount, "
                               ".contiguous = adl->Flags.Contiguous};\n"
                               "    if (pages.contiguous) {\n"
                               "        pages.base = adl->BasePageNumber;\n"
                               "    } else {\n"
                               "        pages.array = adl->Pages;\n"
                               "        copy_numbers(&pages);\n"
                               "    }\n"
                               "    return pages;\n"
                               "}\n\n";

static const char from_mdl[] =
    "static struct pages pages_of_mdl(PMDL mdl) {\n"
    "    struct pages pages = {\n"
    "        .descriptor = mdl, .count = mdl->ByteCount / PAGE_SIZE, .array = MmGetMdlPfnArray(mdl)};\n"
    "    copy_numbers(&pages);\n"
    "    return pages;\n"
    "}\n\n";

static const char page_number[] =
    "/* The device page number of a page of the section. */\n"
    "static DXGK_PAGE_NUMBER page_number(const struct pages *pages, uint64_t page) {\n"
    "    return pages->contiguous ? pages->base + page : pages->numbers[page];\n"
    "}\n\n";

static const char gpu[] =
    "/* A GPU reads or writes 8 bytes of a pinned page; false: the access faults. */\n"
    "static bool gpu_access(unsigned gpu, const struct pages *pages, uint64_t page, unsigned offset,\n"
    "                       uint64_t *word, bool write) {\n"
    "    return sut->dma(gpu, page_number(pages, page) * PAGE_SIZE + offset, word, sizeof *word, write);\n"
    "}\n\n";

static const char looks[] =
    "/* What the GPUs look at, without a word of the program: the last 8 bytes of pages carry a mark each,\n"
    " * and the pages beside a pin fault. */\n"
    "struct look {\n"
    "    unsigned gpu;\n"
    "    const struct pages *pages;\n"
    "    uint64_t page;\n"
    "    int beside; /* 1: the device page behind it; -1: before */\n"
    "    unsigned offset;\n"
    "    uint64_t mark; /* 0: it reads; else it writes this */\n"
    "};\n\n"
    "static void look(const struct look *looks, size_t count) {\n"
    "    for (const struct look *at = looks; at < looks + count; at++) {\n"
    "        uint64_t word = at->mark;\n"
    "        uint64_t number = page_number(at->pages, at->page) + (uint64_t)(int64_t)at->beside;\n"
    "        (void)sut->dma(at->gpu, number * PAGE_SIZE + at->offset, &word, sizeof word, at->mark != 0);\n"
    "    }\n"
    "}\n\n"
    "#define LOOK(table) look(table, sizeof table / sizeof *table)\n\n";

static void put_pins(struct source *s) {
    bool adl = false, mdl = false, places = false;
    for (uint32_t i = 0; i < s->story->steps; i++) {
        const struct story_step *step = &s->story->step[i];
        bool made = source_makes_pages(s, i) || (i == s->story->final_step && s->story->final == FINAL_ADL);
        adl |= made && step->before.opcode == OP_PIN2;
        mdl |= made && step->before.opcode == OP_PIN;
    }
    const struct story_look *final = &s->story->look;
    places =
        s->needs.dma || s->needs.looks || s->story->final == FINAL_ADL ||
        (s->story->final == FINAL_LOOK && final->place.step != STORY_NOWHERE &&
         (final->kind == LOOK_DMA || (final->kind == LOOK_PAGE && final->wants_value && !final->pressed)));
    if (!adl && !mdl)
        return;
    source_put(s, "%s%s", pins, copy_numbers);
    if (adl)
        source_put(s, "%s", from_adl);
    if (mdl)
        source_put(s, "%s", from_mdl);
    if (places)
        source_put(s, "%s", page_number);
    if (s->needs.dma)
        source_put(s, "%s", gpu);
    if (s->needs.looks)
        source_put(s, "%s", looks);
}

/* ---- main ---- */

static void put_boot(struct source *s) {
    struct world_setting setting;
    source_put(s, "    const struct sut_machine_config machine = {\n");
    for (unsigned i = 0; world_setting(&s->program->machine, i, &setting); i++) {
        source_put(s, "        .%s = ", setting.member);
        if (setting.name)
            source_put(s, "%s", setting.name);
        else
            source_put_number(s, setting.value);
        source_put(s, ",\n");
    }
    source_put(s, "    };\n"
                  "    sut = sut_get();\n"
                  "    if (!sut->boot(&machine)) {\n"
                  "        printf(\"the machine cannot be booted\\n\");\n"
                  "        return 2;\n"
                  "    }\n");
}

void source_write(FILE *file, const char *name, const struct program *program, const struct story *story,
                  const struct verdict *verdict) {
    struct source s = {.file = file, .program = program, .story = story};
    need(&s);
    put_comment(&s, name, verdict);
    put_head(&s);
    source_drivers(&s);
    put_pins(&s);
    source_variables(&s);
    source_final_helpers(&s);
    source_within(&s);
    source_put(&s, "/* ---- the story ---- */\n\nint main(void) {\n");
    put_boot(&s);
    source_story(&s);
    source_put(&s, "}\n");
}
