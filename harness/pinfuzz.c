/* pinfuzz: the harness on the command line. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cmd.h"

#define PINFUZZ_VERSION "0.1"

static const struct cmd *const commands[] = {&cmd_run,       &cmd_faults, &cmd_minimize,
                                             &cmd_schedules, &cmd_triage, &cmd_source,
                                             &cmd_text,      &cmd_bytes,  &cmd_clauses};
#define COMMANDS (sizeof commands / sizeof *commands)

static const char help_head[] =
    "NAME\n"
    "    pinfuzz - run, read and write programs for the frame-buffer-save callbacks of Dxgkrnl\n"
    "\n"
    "SYNOPSIS\n"
    "    pinfuzz COMMAND [OPTION...] [FILE...]\n"
    "    pinfuzz help [COMMAND | programs]\n"
    "    pinfuzz --version\n"
    "\n"
    "DESCRIPTION\n"
    "    A program is a machine with display adapters, and a list of things that happen to it: callbacks\n"
    "    that drivers make (DxgkCbPinFrameBufferForSave2 and its sisters), DMA of their GPUs, CPU access,\n"
    "    power transitions, stops, removals, memory pressure. pinfuzz runs a program against an\n"
    "    implementation of the callbacks and against a model of their contract, side by side, and says\n"
    "    whether the contract was kept, or which clause was broken and how.\n"
    "\n"
    "    Programs have a byte form, which fuzzers make and crash files hold, and a text form, which people\n"
    "    write. Every command takes both: a file is text when its name ends in .txt, or when it holds\n"
    "    nothing but text and its first word outside comments is one of the text form; else it is bytes.\n"
    "\n"
    "COMMANDS\n";

static const char help_tail[] =
    "\n"
    "    `pinfuzz help COMMAND` describes a command in full, `pinfuzz help programs` the text form.\n"
    "\n"
    "OPTIONS\n"
    "    -h, --help     print this page; after a command, that command's\n"
    "    --version      print the version, and the implementation that is linked in\n"
    "\n"
    "EXIT STATUS\n"
    "    0   done; what was run kept the contract\n"
    "    1   a clause was broken, or the implementation crashed or hung\n"
    "    2   the command line or a program is faulty; stderr says where\n"
    "\n"
    "FILES\n"
    "    corpus/TARGET/*.txt    seeds of the fuzz target TARGET, each named for the situation it shows\n"
    "    crashes/CLAUSE-WHAT/   findings that are kept for ever: program.txt, and from `pinfuzz triage`\n"
    "                           verdict.txt, what it reported, and source.c, the same without a harness\n"
    "\n"
    "EXAMPLES\n"
    "    Does a crash file still break something?\n"
    "        pinfuzz run crash-3f1c\n"
    "\n"
    "    What happens in it?\n"
    "        pinfuzz text crash-3f1c\n"
    "\n"
    "    Try a thought without a file:\n"
    "        echo 'pin2 lead(0) index=0 CommitSize=MaximumSize+1p' | pinfuzz run -\n"
    "\n"
    "    Which clauses do the seeds put to the test?\n"
    "        pinfuzz clauses corpus\n";

const char cmd_programs_help[] =
    "NAME\n"
    "    programs - the text form of programs\n"
    "\n"
    "DESCRIPTION\n"
    "    One statement a line, `#` begins a comment. At most one machine line comes first, then at most one\n"
    "    line for each adapter, then operations, at most 1024. A member that is left out has its plain\n"
    "    value. Numbers are decimal or 0x..., with an optional suffix K, M, G, T or P (2^10 ... 2^50), or p\n"
    "    for pages of 4096 bytes where the unit is bytes.\n"
    "\n"
    "MACHINE\n"
    "    machine adapters=N iommu=WHICH ram=PAGES highest_pfn=N commit=PAGES pool=BYTES views=BYTES seed=N\n"
    "\n"
    "    adapters     1 to 16; plain: as many as there are lines for, at least 1\n"
    "    iommu        present (plain), none, or remap_always: remap even where it is not needed\n"
    "    ram          installed page frames; plain 4096\n"
    "    highest_pfn  the highest installed page frame number; plain 2 * ram\n"
    "    commit       the commit limit; plain 16 * ram\n"
    "    pool         kernel pool, to 1M; plain 256K\n"
    "    views        system address space for views, a multiple of 64K to 4M; plain 1M\n"
    "    seed         the order in which page frames are handed out\n"
    "\n"
    "ADAPTERS\n"
    "    adapter N joins=M stopped absent version=V caps=LIST miniport=LIST maximum_size=BYTES\n"
    "              highest_visible=ADDRESS\n"
    "\n"
    "    joins            at boot, linked to the chain of the earlier adapter M; plain: a chain of its own\n"
    "    stopped          its chain is not started at boot\n"
    "    absent           not on the bus before an `add`\n"
    "    version          the miniport's: wddm2.3 wddm2.4 wddm2.8 wddm2.9 wddm3.0 (plain) wddm3.1\n"
    "    caps             DXGK_IOMMU_CAPS: supported, required, remap, or none; plain supported,remap\n"
    "    maximum_size     DXGK_FRAMEBUFFERSAVEAREA.MaximumSize of its index; plain 32K\n"
    "    highest_visible  DXGK_PHYSICAL_MEMORY_CAPS.HighestVisibleAddress; plain 2^64 - 1\n"
    "    miniport         what its driver does besides: fail_iommu_caps fail_physical_caps fail_save_size\n"
    "                     fail_start (these fail), claim_lead deny_lead (LeadLink), link_count (one link\n"
    "                     more than there are), call_in_start call_in_stop (makes all callbacks there),\n"
    "                     release_in_stop (unpins and unmaps all of its own)\n"
    "\n"
    "CALLBACKS\n"
    "    pin2  HANDLE index=N CommitSize=SIZE PreferContiguous Reserved=BITS pAdl=V\n"
    "    pin   HANDLE index=N CommitSize=SIZE pMdl=V\n"
    "    unpin HANDLE index=N\n"
    "    map   HANDLE index=N Size=SIZE Offset=SIZE pBaseAddress=V\n"
    "    unmap HANDLE index=N view=VIEW pBaseAddress=V\n"
    "\n"
    "    HANDLE  lead(N)     the handle of the lead of adapter N's chain\n"
    "            own(N)      adapter N's own, be it the lead's or a linked one's\n"
    "            issued(K)   the Kth handle ever issued, alive or dead\n"
    "            near(N,+V)  the lead's plus V\n"
    "            handle(V)   V itself;  null\n"
    "    SIZE    a number; or relative to the world: MaximumSize, MaximumSize/2, MdlLimit (4 GiB less a\n"
    "            page), 2^32p (2^32 pages), 2^64, each with +Np or -Np, and MaximumSize also with +Nb or "
    "-Nb\n"
    "            for bytes; or few pages alone: 8p, -1p\n"
    "    VIEW    K or live(K): the Kth live view's base; issued(K): the Kth base ever issued; raw: what\n"
    "            pBaseAddress says; each with +Np or -Np\n"
    "    null_arg                the argument pointer is null\n"
    "    fail_nth=N(KIND)        the Nth allocation in this call fails; KIND: any (plain) pool lock domain\n"
    "                            view commit attach. Also for start.\n"
    "    padN=V                  the structure's bytes at offset N that no member shows\n"
    "\n"
    "THE REST\n"
    "    dma_write gpu=N pin=K page=N offset=N count=N stamp=V     into page.. of the Kth live pin\n"
    "    dma_read  gpu=N pin=K page=N offset=N count=N\n"
    "    cpu_write view=VIEW offset=N stamp=V                      offset from the byte asked for at map\n"
    "    cpu_read  view=VIEW offset=N\n"
    "    start N     stop N     add N     remove N     surprise_remove N     link LEAD JOINER\n"
    "    power N d0|d3     reset N begin|end     pressure     irql passive|apc|dispatch|high\n"
    "\n"
    "    actor=N, for any operation: which of four callers does it; each has an IRQL of its own.\n"
    "\n"
    "RACES\n"
    "    race ops=N first=ACTOR switch=POINTS:ACTOR switch=lockPOINTS:ACTOR ...\n"
    "\n"
    "    The next N operations (1 to 8, in places of their own until one that cannot race) are made\n"
    "    concurrently: callbacks, stop, remove, surprise_remove, power, reset, pressure. Each actor makes\n"
    "    its own in their order. ACTOR `first` begins; POINTS points after the last switch the next ACTOR\n"
    "    goes on (up to 8 switches). A point is each call's beginning, each lock operation and each access\n"
    "    of the implementation to memory that is not its stack; `lock` counts lock operations alone.\n"
    "    fail_nth has no effect there.\n"
    "\n"
    "EXAMPLES\n"
    "    # Two linked adapters behind a remapping IOMMU; the second one saves, and sleeps.\n"
    "    machine iommu=remap_always\n"
    "    adapter 1 joins=0 maximum_size=64K\n"
    "    pin2 lead(0) index=1 CommitSize=MaximumSize PreferContiguous\n"
    "    dma_write gpu=1 pin=0 count=16 stamp=0x5a\n"
    "    unpin lead(0) index=1\n"
    "    power 1 d3\n";

int cmd_usage(const struct cmd *cmd, const char *format, ...) {
    va_list list;
    va_start(list, format);
    fprintf(stderr, "pinfuzz %s: ", cmd->name);
    vfprintf(stderr, format, list);
    fprintf(stderr, "\nTry 'pinfuzz help %s'.\n", cmd->name);
    va_end(list);
    return CMD_BAD_INPUT;
}

bool cmd_parse_count(const char *text, unsigned min, unsigned max, unsigned *count) {
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != 0 || errno != 0 || value < min || value > max) {
        return false;
    }
    *count = (unsigned)value;
    return true;
}

static const struct cmd *find(const char *name) {
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            return commands[i];
        }
    }
    return NULL;
}

static int print_help(void) {
    fputs(help_head, stdout);
    for (size_t i = 0; i < COMMANDS; i++) {
        printf("    %-14s %s\n", commands[i]->name, commands[i]->summary);
    }
    fputs(help_tail, stdout);
    return CMD_KEPT;
}

static int unknown(const char *name) {
    fprintf(stderr, "pinfuzz: no command '%s'. There are:", name);
    for (size_t i = 0; i < COMMANDS; i++) {
        fprintf(stderr, " %s", commands[i]->name);
    }
    fprintf(stderr, ". Try 'pinfuzz --help'.\n");
    return CMD_BAD_INPUT;
}

static int help(const char *topic) {
    const struct cmd *cmd = find(topic);
    if (cmd != NULL || strcmp(topic, "programs") == 0) {
        fputs(cmd != NULL ? cmd->help : cmd_programs_help, stdout);
        return CMD_KEPT;
    }
    return unknown(topic);
}

static bool is_help(const char *word) {
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "pinfuzz: a command is missing. Try 'pinfuzz --help'.\n");
        return CMD_BAD_INPUT;
    }
    if (is_help(argv[1]) || strcmp(argv[1], "help") == 0) {
        return argc > 2 ? help(argv[2]) : print_help();
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("pinfuzz %s\nimplementation under test: %s\n", PINFUZZ_VERSION, sut_get()->name);
        return CMD_KEPT;
    }
    const struct cmd *cmd = find(argv[1]);
    if (cmd == NULL) {
        return unknown(argv[1]);
    }
    for (int i = 2; i < argc; i++) {
        if (is_help(argv[i])) {
            fputs(cmd->help, stdout);
            return CMD_KEPT;
        }
    }
    return cmd->main(argc - 1, argv + 1);
}
