/* Text form: no loss in either direction, and errors that say where and what. */
#include "harness/program/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static struct program first, second;
static uint8_t input[PROGRAM_BYTES], bytes[PROGRAM_BYTES], again[PROGRAM_BYTES];
static char text[TEXT_MAX], other[TEXT_MAX];
static struct text_error error;

static uint64_t state = 0x2545f4914f6cdd1du;
static uint64_t next(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static void same_after_text(void) {
    size_t length = text_print(&first, text, sizeof(text));
    CHECK(length < sizeof(text) && strlen(text) == length);
    if (!text_parse("test", text, length, &second, &error)) {
        fprintf(stderr, "%s\n%s", error.text, text);
        exit(1);
    }
    size_t size = program_encode(&first, bytes);
    size_t size2 = program_encode(&second, again);
    if (size != size2 || memcmp(bytes, again, size) != 0) {
        text_print(&second, other, sizeof(other));
        fprintf(stderr, "not the same after text:\n%s--\n%s", text, other);
        exit(1);
    }
    CHECK(text_detect(text, length));
    CHECK(!text_detect((const char *)bytes, size));
}

/* Whether the manual has the word, and not as a part of another. A member, which ends in '=', stands there as
 * one; a pad's number is N. */
static bool help_has(const char *word) {
    static const char *help;
    help = help != NULL ? help : text_help();
    size_t size = strlen(word);
    for (const char *at = help; (at = strstr(at, word)) != NULL; at++)
        if ((at == help || !isalnum((unsigned char)at[-1])) &&
            (word[size - 1] == '=' || (!isalnum((unsigned char)at[size]) && at[size] != '_')))
            return true;
    return false;
}

static void words_are_in_the_help(void) {
    for (const char *at = text; *at != 0;) {
        char word[64] = "";
        size_t size = 0;
        while (isalnum((unsigned char)at[size]) || at[size] == '_' || at[size] == '.')
            size++;
        CHECK(size < sizeof(word) - 2);
        memcpy(word, at, size);
        at += size;
        if (size == 0 || isdigit((unsigned char)*word)) {
            at += size == 0;
            continue;
        }
        /* pad24 is padN there, lock17:1 lockPOINTS:ACTOR. */
        if (strncmp(word, "pad", 3) == 0 && isdigit((unsigned char)word[3]))
            size = (size_t)sprintf(word, "padN");
        else if (strncmp(word, "lock", 4) == 0 && isdigit((unsigned char)word[4]))
            size = (size_t)sprintf(word, "lockPOINTS");
        if (*at == '=') {
            word[size++] = '=';
            word[size] = 0;
        }
        if (!help_has(word)) {
            fprintf(stderr, "not in the help: %s\n", word);
            exit(1);
        }
    }
}

static void nothing_is_lost(void) {
    for (unsigned round = 0; round < 12000; round++) {
        size_t size = next() % (round % 500 == 0 ? sizeof(input) : 900);
        unsigned zeros = round % 4; /* from dense noise to mostly plain members */
        for (size_t i = 0; i < size; i++) {
            uint64_t r = next();
            input[i] = (uint8_t)((r >> 8) % 8 < zeros * 2 + (zeros == 3) ? 0 : r);
        }
        program_decode(&first, input, size);
        same_after_text();
        if (round < 200) /* enough for each word to come */
            words_are_in_the_help();
        for (unsigned i = 0; i < first.op_count; i++) {
            char line[TEXT_LINE_MAX];
            CHECK(text_print_op(&first.ops[i], line, sizeof(line)) < sizeof(line) - 1);
        }
    }
}

/* Each member alone, for each opcode: a member that is shown by the wrong name cannot hide in noise. */
static void each_byte_alone_is_kept(void) {
    for (unsigned opcode = 0; opcode < PROGRAM_OPCODES; opcode++) {
        for (unsigned at = 0; at < PROGRAM_RECORD; at++) {
            for (unsigned bit = 0; bit < 8; bit++) {
                memset(input, 0, 3 * PROGRAM_RECORD);
                input[2 * PROGRAM_RECORD + at] ^= (uint8_t)(1u << bit);
                input[2 * PROGRAM_RECORD] = (uint8_t)opcode;
                program_decode(&first, input, 3 * PROGRAM_RECORD);
                same_after_text();
                memset(input, 0, 3 * PROGRAM_RECORD);
                input[at] ^= (uint8_t)(1u << bit);
                input[PROGRAM_RECORD + at] ^= (uint8_t)(1u << bit);
                program_decode(&first, input, 3 * PROGRAM_RECORD);
                same_after_text();
            }
        }
    }
}

/* What a person writes comes back as it was written. */
static void lines_print_as_written(void) {
    static const char *const lines[] = {
        "pin2 lead(0) index=0 CommitSize=MaximumSize-1p PreferContiguous",
        "pin2 lead(0) index=0 CommitSize=0x8000 Reserved=0x40000000 fail_nth=3(lock)",
        "pin2 lead(1) index=4294967295 CommitSize=MaximumSize pAdl=0x1234 pad4=0xffffffff actor=3",
        "pin2 issued(7) index=0 CommitSize=MaximumSize+1b null_arg pad8=0x1000",
        "pin2 near(2,-8) index=0 CommitSize=MaximumSize/2+3p",
        "pin null index=1 CommitSize=MdlLimit+1p pMdl=7 pad24=0x100000001",
        "pin own(15) index=1 CommitSize=2^32p-1p",
        "pin handle(0x1234) index=1 CommitSize=2^64-1p fail_nth=1",
        "pin2 handle(-0x1) index=1 CommitSize=8p",
        "unpin handle(0x1234) index=1",
        "map lead(0) index=0 Size=0x2000 Offset=0x13000",
        "map lead(0) index=0 Size=1p Offset=MaximumSize-1p pBaseAddress=0x10",
        "unmap lead(0) index=0 view=0",
        "unmap lead(0) index=0 view=issued(3)+1p",
        "unmap lead(0) index=0 view=raw pBaseAddress=0x10000",
        "dma_write gpu=1 pin=0 page=3 offset=0x10 count=2 stamp=0x1122",
        "dma_read gpu=0 pin=255",
        "cpu_write view=0 offset=8 stamp=0xff",
        "cpu_read view=2",
        "scribble pin=1 word=5 stamp=0x1000",
        "overwrite member=1 stamp=0x1800 actor=1",
        "pressure",
        "stop 3",
        "start 3 fail_nth=2(commit)",
        "power 1 d3",
        "power 1 d0 actor=1",
        "reset 0 begin",
        "reset 0 end",
        "irql dispatch",
        "answers 0 1",
        "irql passive actor=2",
        "link 0 1",
        "remove 1",
        "add 1",
        "surprise_remove 1",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        if (!text_parse("test", lines[i], strlen(lines[i]), &first, &error)) {
            fprintf(stderr, "%s\n", error.text);
            exit(1);
        }
        CHECK(first.op_count == 1);
        text_print_op(&first.ops[0], text, sizeof(text));
        if (strcmp(text, lines[i]) != 0) {
            fprintf(stderr, "wrote %s\nread  %s\n", lines[i], text);
            exit(1);
        }
    }
    static const char world[] =
        "machine adapters=3 iommu=remap_always ram=100 highest_pfn=0x2000 commit=65536 pool=4096 views=128K "
        "seed=7\n"
        "adapter 0 maximum_size=0x10000 highest_visible=0xffffffff\n"
        "adapter 1 joins=0 absent version=wddm2.4 caps=supported,required miniport=fail_start,call_in_start\n"
        "adapter 2 stopped caps=none maximum_size=0\n";
    CHECK(text_parse("test", world, strlen(world), &first, &error));
    text_print_world(&first, text, sizeof(text));
    CHECK(strcmp(text, world) == 0);
}

static void members_have_the_values_written(void) {
    static const char source[] = "# a story\n"
                                 "\n"
                                 "machine ram=16M views=64K   # sixteen million pages\r\n"
                                 "adapter 1 joins=0 maximum_size=16T highest_visible=0xFFFFFFFF\n"
                                 "\tpin2 lead(0) index=0x1 CommitSize=2G Reserved=1 PreferContiguous\n"
                                 "map lead(0) index=0 Size=200p Offset=-1p\n"
                                 "unmap lead(0) index=0 view=live(2)-1p";
    CHECK(text_parse("test", source, strlen(source), &first, &error));
    CHECK(first.machine.adapters == 2 && first.machine.ram_pages == 16u << 20);
    CHECK(first.machine.highest_pfn == 32u << 20 && first.machine.commit_pages == 256u << 20);
    CHECK(first.machine.view_bytes == 65536);
    CHECK(first.adapters[1].joins == 1 && first.adapters[1].maximum_size == UINT64_C(1) << 44);
    CHECK(first.adapters[1].highest_visible == UINT32_MAX && first.adapters[0].maximum_size == 0x8000);
    CHECK(first.op_count == 3);
    const DXGKARGCB_PINFRAMEBUFFERFORSAVE2 *pin = &first.ops[0].arg.pin2;
    CHECK(pin->PhysicalAdapterIndex == 1 && pin->CommitSize == UINT64_C(2) << 30);
    CHECK(pin->Flags.PreferContiguous == 1 && pin->Flags.Reserved == 1 && pin->Flags.Value == 3);
    CHECK(first.ops[1].size_form == FORM_RAW && first.ops[1].arg.map.Size == 200 * 4096);
    CHECK(first.ops[1].offset_form == FORM_PAGES && first.ops[1].offset_delta == -1);
    CHECK(first.ops[2].view_form == VIEW_LIVE && first.ops[2].view == 2 && first.ops[2].offset_delta == -1);
}

/* A ~ stands for more words: they are those of a table that grows. */
static bool is_said(const char *wanted, const char *said) {
    const char *more = strchr(wanted, '~');
    if (more == NULL)
        return strcmp(wanted, said) == 0;
    size_t head = (size_t)(more - wanted);
    size_t tail = strlen(more + 1);
    size_t size = strlen(said);
    return size > head + tail && strncmp(wanted, said, head) == 0 &&
           strcmp(more + 1, said + size - tail) == 0;
}

static void errors_say_where_and_what(void) {
    static const char *const cases[][2] = {
        {"machnie ram=1",
         "t:1:1: expected machine, adapter or an operation (pin2, unpin, map, ...), got 'machnie'"},
        {"\n  machine ram=0", "t:2:15: expected a number from 1 to 1099511627776, got '0'"},
        {"machine ram=4k", "t:1:13: expected a number from 1 to 1099511627776, got '4k'"},
        {"machine views=4096", "t:1:15: expected a multiple of 64K, got '4096'"},
        {"machine ram=10 highest_pfn=8", "t:1:28: expected a number from 9 to 1099511627775, got '8'"},
        {"machine iommu=yes", "t:1:15: expected none|present|~, got 'yes'"},
        {"machine\nmachine", "t:2:1: expected one machine line, before everything else, got 'machine'"},
        {"machine seed=1 seed=1", "t:1:16: expected each member once, got 'seed=1'"},
        {"machine adapters=2\nadapter 2", "t:2:9: expected a number from 0 to 1, got '2'"},
        {"adapter 0 joins=0",
         "t:1:11: expected no joins= in adapter 0: only earlier adapters can be joined, got 'joins=0'"},
        {"adapter 1 joins=1", "t:1:17: expected a number from 0 to 0, got '1'"},
        {"adapter 1 caps=supported,rmap", "t:1:26: expected supported|required|~, got 'rmap'"},
        {"stop 0\nadapter 0", "t:2:1: expected adapter lines before the first operation, got 'adapter'"},
        {"stop", "t:1:5: expected a number from 0 to 15, got end of line"},
        {"pin2 index=0",
         "t:1:6: expected a handle: lead(N) own(N) issued(K) null handle(V) near(N,+V), got 'index=0'"},
        {"pin2 lead(16) index=0", "t:1:11: expected a number from 0 to 15, got '16'"},
        {"pin2 lead(0) index=4294967296", "t:1:20: expected a number from 0 to 4294967295, got '4294967296'"},
        {"pin2 lead(0) CommitSize=MaximumSize-1",
         "t:1:25: expected a size (0x8000, 32K, 8p, MaximumSize-1p, MaximumSize+1b, MaximumSize/2, MdlLimit, "
         "2^32p, 2^64), got 'MaximumSize-1'"},
        {"pin lead(0) Commitsize=1",
         "t:1:13: expected a member of pin: index CommitSize pMdl null_arg fail_nth "
         "actor; or an unused one (pinfuzz help programs), got 'Commitsize=1'"},
        {"unpin lead(0) index=0 PreferContiguous",
         "t:1:23: expected a member of unpin: index null_arg fail_nth actor; or an unused one (pinfuzz help "
         "programs), got 'PreferContiguous'"},
        {"pin2 lead(0) index=0 index=0", "t:1:22: expected each member once, got 'index=0'"},
        {"pin2 lead(0) adapter=1", "t:1:14: expected each member once, got 'adapter=1'"},
        {"pin2 lead(0) pAdl=1 pad24=2", "t:1:21: expected each member once, got 'pad24=2'"},
        {"pin2 lead(0) fail_nth=1(lok)", "t:1:25: expected any|pool|lock|~, got 'lok'"},
        {"unmap lead(0) view=first", "t:1:20: expected a view: K, live(K), issued(K) or raw, each with an "
                                     "optional +Np or -Np, got 'first'"},
        {"power 0 d1", "t:1:9: expected d3|d0, got 'd1'"},
        {"pressure 1", "t:1:10: expected a member of pressure: fail_nth actor; or an unused one (pinfuzz "
                       "help programs), got '1'"},
        {"map lead(0) Size=0x10000000000000000",
         "t:1:18: expected a size (0x8000, 32K, 8p, MaximumSize-1p, MaximumSize+1b, MaximumSize/2, MdlLimit, "
         "2^32p, 2^64), got '0x10000000000000000'"},
        {"# \xc3\xa4\n\xc3\xa4 x",
         "t:2:1: expected machine, adapter or an operation (pin2, unpin, map, ...), got "
         "'\xc3\xa4'"},
        {"stop 0 \x01", "t:1:8: expected text, got byte 0x01"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        CHECK(!text_parse("t", cases[i][0], strlen(cases[i][0]), &first, &error));
        if (!is_said(cases[i][1], error.text)) {
            fprintf(stderr, "want %s\ngot  %s\n", cases[i][1], error.text);
            exit(1);
        }
    }
    for (unsigned i = 0; i <= PROGRAM_OPS; i++)
        memcpy(text + i * 7, "stop 0\n", 7);
    CHECK(text_parse("t", text, PROGRAM_OPS * 7, &first, &error) && first.op_count == PROGRAM_OPS);
    CHECK(!text_parse("t", text, (PROGRAM_OPS + 1) * 7, &first, &error) && error.line == PROGRAM_OPS + 1);
}

/* Damaged text either fails or says a program that prints to the same again. */
static void damaged_text_is_safe(void) {
    static const char alphabet[] = "0123456789abcdefxpKMG()=,+-^/# \n.live(raw)";
    for (unsigned round = 0; round < 20000; round++) {
        size_t size = 48 + next() % 300;
        for (size_t i = 0; i < size; i++) {
            uint64_t r = next();
            input[i] = (uint8_t)(r >> 8 & 1 ? 0 : r);
        }
        program_decode(&first, input, size);
        size_t length = text_print(&first, text, sizeof(text));
        for (uint64_t hits = 1 + next() % 4; hits > 0; hits--)
            text[next() % length] = alphabet[next() % (sizeof(alphabet) - 1)];
        char *exact = malloc(length); /* so that a read beyond the end is seen */
        CHECK(exact != NULL);
        memcpy(exact, text, length);
        if (text_parse("test", exact, length, &first, &error))
            same_after_text();
        free(exact);
    }
}

static void small_buffers_are_respected(void) {
    CHECK(text_parse("t", "pin2 lead(0) index=3", 20, &first, &error));
    size_t full = text_print(&first, text, sizeof(text));
    for (size_t capacity = 0; capacity <= full; capacity++) {
        char small[64];
        memset(small, 'x', sizeof(small));
        CHECK(text_print(&first, small, capacity) == full);
        CHECK(capacity == 0 || small[capacity - 1] == 0);
        CHECK(small[capacity] == 'x');
    }
}

static void detection(void) {
    CHECK(text_detect("# c\n\nmachine", 12) && text_detect("stop 0", 6) && text_detect("pressure#", 9));
    CHECK(!text_detect("", 0) && !text_detect("# only\n", 7) && !text_detect("\n\n", 2));
    CHECK(!text_detect("stop\0", 5) && !text_detect("stopped", 7) && !text_detect("hello", 5));
}

int main(void) {
    nothing_is_lost();
    each_byte_alone_is_kept();
    lines_print_as_written();
    members_have_the_values_written();
    errors_say_where_and_what();
    damaged_text_is_safe();
    small_buffers_are_respected();
    detection();
    return 0;
}
