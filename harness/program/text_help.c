/* The manual page of the text form. */
#include <stdio.h>
#include <string.h>

#include "harness/program/text.h"
#include "harness/program/text_out.h"
#include "harness/program/world.h"

static const char head[] =
    "NAME\n"
    "    programs - the text form of programs\n"
    "\n"
    "DESCRIPTION\n"
    "    Each line holds one statement; `#` begins a comment. First comes at most one machine line, then at\n"
    "    most one line for each adapter, then at most 1024 operations. A member that is left out has its\n"
    "    plain value. Numbers are decimal or 0x..., with an optional suffix K, M, G, T or P (2^10 ...\n"
    "    2^50), or p for pages of 4096 bytes if the unit is bytes.\n"
    "\n";

/* ---- operations: the rows of operations.def ---- */

/* clang-format off */
#define USE_HANDLE(name)   " HANDLE"
#define USE_CHAIN(name)    " N"
#define USE_ADAPTER(name)  " N"
#define USE_ABSENT(name)   " N"
#define USE_GPU(name)      " " name "=N"
#define USE_JOINER(name)   " JOINER"
#define USE_D_STATE(name)  " d3|d0"
#define USE_TDR(name)      " end|begin"
#define USE_LEVEL(name)    " passive|apc|dispatch|high"
#define USE_INDEX(name)    " " name "=N"
#define USE_SIZE(name)     " " name "=SIZE"
#define USE_OFFSET(name)   " " name "=SIZE"
#define USE_FLAGS(name)    " " name " Reserved=BITS"
#define USE_OUT(name)      " " name "=V"
#define USE_BASE(name)     " " name "=VIEW"
#define USE_VIEW(name)     " " name "=VIEW"
#define USE_PIN(name)      " " name "=K"
#define USE_PAGE(name)     " " name "=N"
#define USE_IN_PAGE(name)  " " name "=N"
#define USE_IN_VIEW(name)  " " name "=N"
#define USE_COUNT(name)    " " name "=N"
#define USE_STAMP(name)    " " name "=V"
#define USE_NUMBER(name)   " " name "=N"
#define USE_IDLE(name)     ""
#define USE_SPAN(name)     " " name "=N"
#define USE_TIMES(name)    " " name "=N"
#define USE_SCHEDULE(name) " ops=N first=ACTOR switch=POINTS:ACTOR switch=lockPOINTS:ACTOR ..."
/* clang-format on */
#define USE(kind, name, ...) USE_##kind(name)
#define OPERATION(name, number, word, race, needs, undone_by, help, ...)                                     \
    "    " word PROGRAM_OPERANDS_##name(USE) "\n        " help "\n"

#define RACER(name, number, word, race, ...) RACER_##race(word)
#define RACER_RACES(word)                    " " word
#define RACER_ALONE(word)                    ""

#define SPACED(name, word) " " word

/* clang-format off */
static const char operations[] =
    "CALLBACKS\n"
    PROGRAM_CALLBACKS(OPERATION)
    "\n"
    "    HANDLE  lead(N)     the handle of the lead of adapter N's chain\n"
    "            own(N)      adapter N's own handle, whether it is a lead or linked\n"
    "            issued(K)   the Kth handle ever issued, alive or dead\n"
    "            near(N,+V)  the lead's handle plus V\n"
    "            handle(V)   V itself;  null\n"
    "    SIZE    a number; or relative to the world: MaximumSize, MaximumSize/2, MdlLimit (4 GiB less a\n"
    "            page), 2^32p (2^32 pages), 2^64, each with +Np or -Np, and MaximumSize also with +Nb or "
    "-Nb\n"
    "            for bytes; or few pages alone: 8p, -1p\n"
    "    VIEW    K or live(K): the Kth live view's base; issued(K): the Kth base ever issued; raw: what\n"
    "            pBaseAddress says; each with +Np or -Np\n"
    "    null_arg                the argument pointer is null\n"
    "    fail_nth=N(KIND)        the call's Nth fault point of this KIND fails: FAULTS. Also for operations on\n"
    "                            the machine, below; elsewhere it has no effect.\n"
    "    padN=V                  the bytes of the structure at offset N that belong to no member; every\n"
    "                            operation keeps all 32 bytes\n"
    "\n"
    "MEMORY\n"
    PROGRAM_ACCESSES(OPERATION)
    "\n"
    "THE MACHINE\n"
    PROGRAM_BUS(OPERATION)
    "\n"
    "CALLERS\n"
    PROGRAM_SELF(OPERATION)
    "\n"
    "    actor=N, for any operation: which of four callers performs it. Each has an IRQL of its own.\n"
    "\n"
    "UNUSED MEMBERS\n"
    "    An operation may use only some of its bytes. So that none is lost, unused bytes that are not zero\n"
    "    are shown as members, which have no effect:\n"
    "\n"
    "    adapter=N  handle=WORD  value=V  flag  irql=LEVEL  view=VIEW\n"
    "    size_form=FORM  size_delta=N  offset_form=FORM  offset_delta=N  fail_kind=KIND  padN=V\n"
    "    WORD:" PROGRAM_HANDLE_WORDS(SPACED) "\n"
    "    FORM:" PROGRAM_FORM_WORDS(SPACED) "\n"
    "\n"
    "RACES AND REPETITIONS\n"
    PROGRAM_ORDER(OPERATION)
    "\n"
    "    `repeat`: the next operations, up to N of them (`ops`, 1 to 8), run one after the other, N `times`\n"
    "    (1 to 4097). Any operations but these two can. In a program all passes but the first come to at most\n"
    "    4096 operations, on at most 2^19 pages in all; where that is used up, there are fewer.\n"
    "\n"
    "    `race`: the next operations, up to N of them (1 to 8), run concurrently. These operations can:\n"
    "       "
    PROGRAM_CALLBACKS(RACER) PROGRAM_ACCESSES(RACER)
    "\n       "
    PROGRAM_BUS(RACER)
    "\n"
    "    Any other operation ends the race before it, as does the end of the program: ops=3 before a single\n"
    "    callback is a race of one. Each actor performs its own operations in order.\n"
    "\n"
    "    ACTOR `first` begins. POINTS points after the last switch, the next ACTOR continues (up to 8\n"
    "    switches). A point is the beginning of a call, a lock operation, or an access of the implementation\n"
    "    to memory other than its stack; `lock` counts lock operations only. In a race, fail_nth has an\n"
    "    effect in the first callback or start that names one.\n"
    "\n"
    "FILES\n"
    "    The content of a file decides how it is read and, if that is not enough, its name:\n"
    "\n"
    "    text    in UTF-8, or in UTF-16 with a byte order mark: the first word outside comments is one of the\n"
    "            words on this page, or the name ends in .txt\n"
    "    Base64  after the word `Base64:`, up to the end of the line, as libFuzzer prints it, among whatever\n"
    "            other lines, as in a log. Or in lines that hold nothing else, in a *.b64, *.base64 or *.txt\n"
    "            file; in a file of another name only if they are canonical bytes, as libFuzzer's are. Each\n"
    "            line is a program, but lines wrapped by `base64` are one. `#` begins a comment.\n"
    "    bytes   everything else; --as-bytes forces it\n"
    "\n"
    "    A *.zip file, or a file with several programs in Base64, is read wherever a directory is. Its members\n"
    "    have names like files: seeds.zip:inner/name, lines.b64:3. An archive may have at most 128 MiB; at\n"
    "    most 2^18 files and 512 MiB are unpacked from it. Archives inside archives are not read.\n"
    "\n"
    "    Fuzz targets always read bytes.\n"
    "\n"
    "EXAMPLES\n"
    "    # Two linked adapters behind a remapping IOMMU; the second one saves, and sleeps.\n"
    "    machine iommu=remap_always\n"
    "    adapter 1 joins=0 maximum_size=64K\n"
    "    pin2 lead(0) index=1 CommitSize=MaximumSize PreferContiguous\n"
    "    dma_write gpu=1 pin=0 count=16 stamp=0x5a\n"
    "    unpin lead(0) index=1\n"
    "    power 1 d3\n";
/* clang-format on */

/* ---- the world: the rows of world.def ---- */

#define HELP_WIDTH  104u
#define HELP_MAX    32768u
#define HELP_COLUMN 26u /* of what is said of a word: the longest, in its list, and two spaces */
/* Puts text at a column, and goes on there in each line. */
static void put_wrapped(struct text_out *out, unsigned column, const char *text) {
    unsigned at = column;
    for (const char *word = text; *word != 0;) {
        unsigned length = (unsigned)strcspn(word, " ");
        if (at > column && at + 1 + length > HELP_WIDTH) {
            text_put(out, "\n%*s", (int)column, "");
            at = column;
        } else if (at > column) {
            text_put(out, " ");
            at++;
        }
        text_put(out, "%.*s", (int)length, word);
        at += length;
        word += length + (word[length] == ' ');
    }
    text_put(out, "\n");
}

static const char *value_name(const struct world_field *field) {
    static const char *const units[] = {
        [WORLD_UNIT_COUNTED] = "=N",       [WORLD_UNIT_PAGES] = "=PAGES", [WORLD_UNIT_FRAME] = "=N",
        [WORLD_UNIT_BYTES] = "=BYTES",     [WORLD_UNIT_SIZE] = "=BYTES",  [WORLD_UNIT_KIBIBYTES] = "=BYTES",
        [WORLD_UNIT_ADDRESS] = "=ADDRESS",
    };
    switch (field->kind) {
    case WORLD_IS_FLAG:
        return "";
    case WORLD_IS_WORD:
        return "=WORD";
    case WORLD_IS_BITS:
        return "=LIST";
    case WORLD_IS_JOINS:
        return "=M";
    case WORLD_IS_NUMBER:
    case WORLD_IS_COUNT:
        break;
    }
    return units[field->unit];
}

/* The line that has all members. */
static void put_members(struct text_out *out, const char *statement, const struct world_fields *fields) {
    char text[1024];
    struct text_out line = {text, sizeof(text), 0};
    for (unsigned i = 0; i < fields->count; i++)
        text_put(&line, "%s%s%s", i ? " " : "", fields->field[i].word, value_name(&fields->field[i]));
    text_put(out, "    %s ", statement);
    put_wrapped(out, (unsigned)strlen(statement) + 5, text);
    text_put(out, "\n");
}

static void say_number(struct text_out *line, const struct world_field *field, struct world_range range) {
    char text[TEXT_NUMBER_MAX];
    if (range.most != UINT64_MAX) {
        text_put(line, ", ");
        if (!field->says || field->kind == WORLD_IS_COUNT)
            text_put(line, "%s ", text_short_number(range.least, text));
        text_put(line, "to %s", text_short_number(range.most, text));
    }
    if (field->step > 1)
        text_put(line, ", a multiple of %s", text_short_number(field->step, text));
    text_put(line, "; plain: %s", field->says ? field->says : text_short_number(range.plain, text));
}

static void put_list(struct text_out *out, const struct world_field *field, uint64_t plain) {
    const struct world_list *list = field->list;
    for (unsigned i = 0; i < list->count; i++) {
        bool is_plain = field->kind == WORLD_IS_WORD ? i == plain : plain >> i & 1;
        char text[256];
        snprintf(text, sizeof(text), "%s%s", list->help[i], is_plain ? " (plain)" : "");
        text_put(out, "      %-*s  ", (int)HELP_COLUMN - 8, list->words[i]);
        put_wrapped(out, HELP_COLUMN, text);
    }
}

static void put_fields(struct text_out *out, const struct world_fields *fields) {
    struct program_machine machine;
    program_default_machine(&machine);
    for (unsigned i = 0; i < fields->count; i++) {
        const struct world_field *field = &fields->field[i];
        struct world_range range = world_range(field, &machine, 0);
        char text[512];
        struct text_out line = {text, sizeof(text), 0};
        text_put(&line, "%s", field->help);
        if (field->kind == WORLD_IS_NUMBER || field->kind == WORLD_IS_COUNT)
            say_number(&line, field, range);
        else if (field->kind == WORLD_IS_BITS)
            text_put(&line, "; words with commas between them, or none%s", range.plain ? "" : " (plain)");
        text_put(out, "    %-*s ", (int)HELP_COLUMN - 5, field->word);
        put_wrapped(out, HELP_COLUMN, text);
        if (field->list)
            put_list(out, field, range.plain);
    }
    text_put(out, "\n");
}

static void put_faults(struct text_out *out) {
    text_put(out, "FAULTS\n    fail_nth=N(KIND): the Nth fault point of this KIND fails. What runs out:\n\n");
    for (unsigned i = 0; i < SUT_FAULT_KINDS; i++) {
        text_put(out, "    %-8s", world_faults[i].word);
        put_wrapped(out, 12, world_faults[i].help);
    }
    text_put(out, "\n");
}

const char *text_help(void) {
    static char page[HELP_MAX];
    struct text_out out = {page, sizeof(page), 0};
    text_put(&out, "%sMACHINE\n", head);
    put_members(&out, "machine", &world_machine);
    put_fields(&out, &world_machine);
    text_put(&out, "ADAPTERS\n");
    put_members(&out, "adapter N", &world_adapter);
    put_fields(&out, &world_adapter);
    put_faults(&out);
    text_put(&out, "%s", operations);
    return page;
}
