/* The end of a source: the check that the story's last step does not pass. */
#include <inttypes.h>

#include "harness/reproduce/source_parts.h"

static const struct story_step *final_step(const struct source *s) {
    return &s->story->step[s->story->final_step];
}

static const char *status_name(NTSTATUS status) {
    switch (status) {
    case STATUS_UNSUCCESSFUL:
        return "STATUS_UNSUCCESSFUL";
    case STATUS_INVALID_HANDLE:
        return "STATUS_INVALID_HANDLE";
    case STATUS_INVALID_PARAMETER:
        return "STATUS_INVALID_PARAMETER";
    case STATUS_NOT_SUPPORTED:
        return "STATUS_NOT_SUPPORTED";
    case STATUS_COMMITMENT_LIMIT:
        return "STATUS_COMMITMENT_LIMIT";
    case STATUS_INVALID_LEVEL:
        return "STATUS_INVALID_LEVEL";
    default:
        return "STATUS_INVALID_DEVICE_STATE";
    }
}

static bool is_unpin_pool(const struct story *story) {
    return story->final == FINAL_LEDGER && story->pool &&
           story->step[story->final_step].before.opcode == OP_UNPIN &&
           NT_SUCCESS(story->step[story->final_step].after.status);
}

bool source_final_wants_status(const struct story *story) {
    return story->final == FINAL_STATUS || story->final == FINAL_ARGUMENT;
}

bool source_pool_of_pin(const struct story *story, uint32_t step) {
    return is_unpin_pool(story) && story->pin_step == step;
}

/* ---- helpers and what is kept from before ---- */

static const char helper_changed[] =
    "/* A descriptor says what it said when the pin was made. */\n"
    "static void check_descriptor(const struct pages *was) {\n"
    "    struct pages now = %s(%swas->descriptor);\n"
    "    if (now.count != was->count || now.contiguous != was->contiguous || now.base != was->base ||\n"
    "        now.array != was->array ||\n"
    "        (now.numbers && memcmp(now.numbers, was->numbers, now.count * sizeof *now.numbers) != 0))\n"
    "        finding(\"another count, form, place or page than when it was pinned\");\n"
    "    free(now.numbers);\n"
    "}\n\n";

void source_final_helpers(struct source *s) {
    const struct story *story = s->story;
    if (story->final == FINAL_DESCRIPTOR) {
        bool mdl = story->step[story->pin_step].before.opcode == OP_PIN;
        source_put(s, helper_changed, mdl ? "pages_of_mdl" : "pages_of_adl",
                   mdl ? "(PMDL)(uintptr_t)" : "(const DXGK_ADL *)");
    }
    if (story->final == FINAL_LEDGER && !story->pool)
        source_put(s, "/* What is out right now. */\n"
                      "static void counted(const char *what, uint64_t seen, uint64_t expected) {\n"
                      "    if (seen != expected)\n"
                      "        finding(\"%%llu %%s\", (unsigned long long)seen, what);\n"
                      "}\n\n");
    if (is_unpin_pool(story))
        source_put(s, "/* The pool before and after the pin, which its unpin is to bring back. */\n"
                      "static struct sut_ledger before_pin, after_pin;\n\n");
}

static void put_page_look(struct source *s, const char *variable) {
    const struct story_look *look = &s->story->look;
    source_put(s, "    struct sut_page %s;\n    bool found_%s = sut->page(%u, %u, ", variable, variable,
               look->adapter, look->index);
    source_put_number(s, look->page);
    source_put(s, ", &%s);\n", variable);
}

void source_before_final(struct source *s) {
    const struct story *story = s->story;
    if (story->final == FINAL_LOOK && story->look.kind == LOOK_PAGE && story->look.pressed) {
        put_page_look(s, "before");
    } else if (story->final == FINAL_LEDGER && story->pool) {
        source_put(s, "    struct sut_ledger before;\n    sut->ledger(&before);\n");
    }
}

/* ---- checks ---- */

static void check_status(struct source *s) {
    const struct story_step *step = final_step(s);
    const struct model_answer *answer = &step->answer;
    const struct call *call = &step->after;
    bool callback = call_is_callback(call->opcode);
    bool releases = call->opcode == OP_UNPIN || call->opcode == OP_UNMAP;
    bool exact = sut_get()->hold_chosen;
    bool may_be_short = answer->expect == MUST_FAIL
                            ? answer->short_first || (!callback && call->fired)
                            : answer->expect == MAY_FAIL || (call->fired && !releases);
    if (answer->expect == MUST_FAIL)
        source_put(s, exact ? "    if (status != %s" : "    if (NT_SUCCESS(status)",
                   status_name(answer->status));
    else
        source_put(s, "    if (!NT_SUCCESS(status)");
    if (may_be_short && exact)
        source_put(s, " && status != STATUS_NO_MEMORY &&\n        status != STATUS_INSUFFICIENT_RESOURCES%s",
                   callback ? "" : " && status != STATUS_COMMITMENT_LIMIT");
    source_put(s, ")\n        finding(\"0x%%08x\", (unsigned)status);\n");
}

static void check_argument(struct source *s) {
    source_put(s, "    if (!NT_SUCCESS(status) && memcmp(&was, &");
    source_put_arg(s, s->story->final_step);
    source_put(s, ", sizeof was) != 0)\n        finding(\"changed by a call that failed\");\n");
}

static void check_adl(struct source *s) {
    const struct story *story = s->story;
    const struct story_step *step = final_step(s);
    uint64_t pages = step->before.arg.pin2.CommitSize / MODEL_PAGE;
    bool prefer = step->before.arg.pin2.Flags.PreferContiguous;
    source_put(s, "    const DXGK_ADL *adl = ");
    source_put_arg(s, story->final_step);
    source_put(s, ".pAdl;\n"
                  "    if (!adl)\n"
                  "        finding(\"pAdl null\");\n"
                  "    if (adl->PageCount != ");
    source_put_number(s, pages);
    source_put(s,
               ")\n        finding(\"PageCount %%u\", (unsigned)adl->PageCount);\n"
               "    if (adl->Flags.Reserved != 0)\n"
               "        finding(\"Flags 0x%%x\", (unsigned)adl->Flags.Value);\n"
               "    /* Neither null nor a page number that was put in place of the array. */\n"
               "    uintptr_t array = (uintptr_t)adl->Pages;\n"
               "    if (!adl->Flags.Contiguous && (array < 0x10000 || array >> 47 != 0 || array %% 8 != 0))\n"
               "        finding(\"Pages 0x%%llx, where no array can be\", (unsigned long long)array);\n");
    if (!prefer || (!story->remapped && sut_get()->hold_chosen))
        source_put(s, "    if (adl->Flags.Contiguous)\n        finding(\"a contiguous ADL\");\n");
    if (step->owed && sut_get()->hold_chosen && !step->after.fired)
        source_put(s, "    if (!adl->Flags.Contiguous)\n        finding(\"an array\");\n");
    source_put(s, "    static struct pages pages;\n    pages = pages_of_adl(adl);\n");
}

/* Where memory is remapped the numbers are logical: not all of them are those of the pages' frames. */
static void check_logical(struct source *s) {
    const struct story_step *step = final_step(s);
    source_put(s,
               "    bool frames = true;\n"
               "    for (uint64_t i = 0; i < pages.count && i < 8 && frames; i++) {\n"
               "        struct sut_page page;\n"
               "        frames = sut->page(%u, %u, i, &page) && page.has_frame &&\n"
               "                 page.pfn == page_number(&pages, i);\n"
               "    }\n"
               "    if (frames)\n"
               "        finding(\"each page at its PFN\");\n",
               step->answer.chain, step->answer.index);
}

static void check_mdl(struct source *s) {
    const struct story_step *step = final_step(s);
    source_put(s, "    PMDL mdl = ");
    source_put_arg(s, s->story->final_step);
    source_put(s, ".pMdl;\n"
                  "    if (!mdl)\n"
                  "        finding(\"pMdl null\");\n"
                  "    if (mdl->ByteCount != ");
    source_put_number(s, step->before.arg.pin.CommitSize);
    source_put(s,
               " || mdl->ByteOffset != 0 || mdl->Next)\n"
               "        finding(\"ByteCount 0x%%x, ByteOffset 0x%%x, Next %%s\", (unsigned)mdl->ByteCount,\n"
               "                (unsigned)mdl->ByteOffset, mdl->Next ? \"set\" : \"null\");\n"
               "    static struct pages pages;\n    pages = pages_of_mdl(mdl);\n");
}

/* Every device page within HighestVisibleAddress; of a contiguous pin the last says it of all. */
static void check_visible(struct source *s) {
    source_put(s,
               "    uint64_t visible = UINT64_C(0x%llx); /* device pages */\n"
               "    for (uint64_t i = pages.contiguous ? pages.count - 1 : 0; i < pages.count; i++)\n"
               "        if (page_number(&pages, i) >= visible)\n"
               "            finding(\"device page 0x%%llx\", (unsigned long long)page_number(&pages, i));\n",
               (unsigned long long)s->story->visible_pages);
}

static void check_view(struct source *s) {
    const struct story_step *step = final_step(s);
    uint32_t number = s->story->final_step;
    bool exact = sut_get()->hold_chosen;
    source_put(s, "    uintptr_t base = (uintptr_t)");
    source_put_arg(s, number);
    source_put(s, ".pBaseAddress;\n    if (base == 0 || ");
    if (exact) {
        source_put(s, "base %% 0x10000 != 0 || ");
        source_put_arg(s, number);
        source_put(s, ".Offset != ");
        source_put_number(s, step->before.arg.map.Offset % MODEL_VIEW_ALIGN);
    } else {
        source_put_arg(s, number);
        source_put(s, ".Offset > ");
        source_put_number(s, step->before.arg.map.Offset);
    }
    source_put(s, ")\n        finding(\"base 0x%%llx, Offset 0x%%llx\", (unsigned long long)base,\n"
                  "                (unsigned long long)");
    source_put_arg(s, number);
    source_put(s, ".Offset);\n");
    for (uint32_t i = 0; i < number && exact; i++) {
        const struct story_step *other = &s->story->step[i];
        if (other->kind != STEP_CALL || other->before.opcode != OP_MAP || !NT_SUCCESS(other->after.status) ||
            other->after.arg.map.pBaseAddress != step->after.arg.map.pBaseAddress)
            continue;
        source_put(s, "    if (base == (uintptr_t)");
        source_put_arg(s, i);
        source_put(s, ".pBaseAddress)\n        finding(\"a base that was issued before and has ended\");\n");
        break;
    }
}

static void check_called(struct source *s) {
    const struct story_step *step = final_step(s);
    bool start = step->before.opcode == OP_START;
    bool failed = !NT_SUCCESS(step->after.status);
    for (uint32_t i = 0; i < step->member_count; i++) {
        uint8_t member = step->members[i];
        if (start && !failed)
            source_put(s,
                       "    if (!adapter[%u].started)\n"
                       "        finding(\"DxgkDdiStartDevice of adapter %u was not called\");\n",
                       member, member);
        else if (start)
            source_put(s,
                       "    if (adapter[%u].started)\n"
                       "        finding(\"adapter %u was left running by a start that failed\");\n",
                       member, member);
        else
            source_put(s,
                       "    if (adapter[%u].started && !adapter[%u].gone)\n"
                       "        finding(\"DxgkDdiStopDevice of adapter %u was not called\");\n",
                       member, member, member);
    }
    if (!start || failed || step->member_count == 0)
        return;
    bool areas = (s->program->adapters[step->members[0]].caps & 3) != 0;
    source_put(s, "    if (adapter[%u].caps_asked != 3 || adapter[%u].sizes_asked != 0x%x)\n",
               step->members[0], step->members[0], areas ? (1u << step->member_count) - 1 : 0);
    source_put(
        s,
        "        finding(\"caps 0x%%x, indices 0x%%x\", adapter[%u].caps_asked, adapter[%u].sizes_asked);\n",
        step->members[0], step->members[0]);
}

static void check_ledger_counts(struct source *s) {
    const struct sut_ledger *l = &s->story->ledger;
    const struct {
        const char *what;
        const char *member;
        uint64_t value;
    } counts[] = {{"pages of commit charged", "commit_pages", l->commit_pages},
                  {"pins", "pins", l->pins},
                  {"locked pages", "locked_pages", l->locked_pages},
                  {"pages mapped in domains", "domain_pages", l->domain_pages},
                  {"views", "views", l->views},
                  {"bytes of view space", "view_bytes", l->view_bytes},
                  {"handles alive", "handles", l->handles},
                  {"pins and views taken back at stops", "leaks", l->leaks},
                  {"calls above PASSIVE_LEVEL reported", "breaches", l->breaches}};
    source_put(s, "    struct sut_ledger seen;\n    sut->ledger(&seen);\n");
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        source_put(s, "    counted(\"%s\", seen.%s, ", counts[i].what, counts[i].member);
        source_put_number(s, counts[i].value);
        source_put(s, ");\n");
    }
}

static void check_pool(struct source *s) {
    source_put(s, "    struct sut_ledger after;\n    sut->ledger(&after);\n");
    if (is_unpin_pool(s->story))
        source_put(s, "    if (before.pool_bytes - after.pool_bytes != after_pin.pool_bytes - "
                      "before_pin.pool_bytes ||\n"
                      "        before.pool_blocks - after.pool_blocks != after_pin.pool_blocks - "
                      "before_pin.pool_blocks)\n"
                      "        finding(\"%%lld bytes in %%lld blocks\",\n"
                      "                (long long)(before.pool_bytes - after.pool_bytes),\n"
                      "                (long long)(before.pool_blocks - after.pool_blocks));\n");
    else if (s->story->op == RUN_END)
        source_put(
            s,
            "    if (after.pool_bytes != 0 || after.pool_blocks != 0 || after.cache_bytes != 0)\n"
            "        finding(\"%%llu bytes in %%llu blocks, %%llu bytes of caches\",\n"
            "                (unsigned long long)after.pool_bytes, (unsigned long long)after.pool_blocks,\n"
            "                (unsigned long long)after.cache_bytes);\n"
            "    (void)before;\n");
    else
        source_put(
            s, "    if (after.pool_bytes != before.pool_bytes || after.pool_blocks != before.pool_blocks)\n"
               "        finding(\"%%llu bytes in %%llu blocks\", (unsigned long long)after.pool_bytes,\n"
               "                (unsigned long long)after.pool_blocks);\n");
}

/* ---- looks ---- */

static void check_dma(struct source *s) {
    const struct story_look *look = &s->story->look;
    source_put(s, "    uint64_t seen = ");
    source_put(s, look->write ? "UINT64_C(0x%llx)" : "0", (unsigned long long)look->value);
    source_put(s, ";\n    bool reached = sut->dma(%u, (", look->adapter);
    source_put_place(s, &look->place);
    source_put(s, ") * PAGE_SIZE + 0x%x, &seen, sizeof seen, %s);\n", look->offset,
               look->write ? "true" : "false");
    if (look->foreign)
        source_put(s,
                   "    if (reached && seen == UINT64_C(0x%llx))\n"
                   "        finding(\"it reads the other chain's page\");\n",
                   (unsigned long long)look->value);
    else if (!look->wants_ok)
        source_put(s, "    if (reached)\n        finding(\"it went through\");\n");
    else
        source_put(s, "    if (!reached)\n        finding(\"a fault\");\n");
    if (look->wants_value)
        source_put(s,
                   "    if (seen != UINT64_C(0x%llx))\n"
                   "        finding(\"0x%%llx\", (unsigned long long)seen);\n",
                   (unsigned long long)look->wanted);
}

static void check_page(struct source *s) {
    const struct story_look *look = &s->story->look;
    put_page_look(s, "page");
    source_put(s, "    if (%sfound_page)\n        finding(\"%s page\");\n", look->wants_ok ? "!" : "",
               look->wants_ok ? "no such" : "such a");
    if (!look->wants_ok)
        return;
    source_put(s, "    if (%spage.locked)\n        finding(\"%slocked\");\n", look->wants_locked ? "!" : "",
               look->wants_locked ? "not " : "");
    if (look->wants_value && look->pressed)
        source_put(s, "    if (found_before && (!page.has_frame || page.pfn != before.pfn))\n");
    else if (look->wants_value) {
        source_put(s, "    if (!page.has_frame || page.pfn != ");
        source_put_place(s, &look->place);
        source_put(s, ")\n");
    }
    if (look->wants_value)
        source_put(s, "        finding(\"PFN 0x%%llx\", (unsigned long long)page.pfn);\n");
}

static void check_look(struct source *s) {
    const struct story_look *look = &s->story->look;
    switch ((enum story_look_kind)look->kind) {
    case LOOK_DMA:
        check_dma(s);
        break;
    case LOOK_PAGE:
        check_page(s);
        break;
    case LOOK_ALIVE:
        source_put(s,
                   "    if (%ssut->descriptor_alive(pages_%s.descriptor))\n        finding(\"it is %s\");\n",
                   look->wants_ok ? "!" : "", source_suffix(s, look->place.step),
                   look->wants_ok ? "freed" : "alive");
        break;
    case LOOK_ACCESS:
        source_put(s, "    if (%ssut->cpu_accessible(", look->wants_ok ? "!" : "");
        source_put_address(s, look->view_step, look->view_delta);
        source_put(s, ", %u))\n        finding(\"%s\");\n", look->size,
                   look->wants_ok ? "a fault" : "it can be read");
        break;
    case LOOK_DOMAIN:
        if (!look->wants_ok)
            source_put(s, "    if (sut->domain(%u) != 0)\n", look->adapter);
        else if (look->value == 0)
            source_put(s, "    if (sut->domain(%u) == 0)\n", look->adapter);
        else
            source_put(s, "    if (sut->domain(%u) %s sut->domain(%u))\n", look->adapter,
                       look->wants_value ? "!=" : "==", look->index);
        source_put(s, "        finding(\"domain %%llu\", (unsigned long long)sut->domain(%u));\n",
                   look->adapter);
        break;
    case LOOK_LEDGER:
        break;
    }
}

/* The look that the process died in. */
static void put_open_look(struct source *s) {
    const struct story_look *look = &s->story->look;
    source_put(s, "\n    /* where the process dies: a look of the oracle's */\n");
    switch ((enum story_look_kind)look->kind) {
    case LOOK_DMA:
        source_put(s, "    uint64_t seen = ");
        source_put_number(s, look->write ? look->value : 0);
        source_put(s, ";\n    (void)sut->dma(%u, (", look->adapter);
        source_put_place(s, &look->place);
        source_put(s, ") * PAGE_SIZE + 0x%x, &seen, sizeof seen, %s);\n", look->offset,
                   look->write ? "true" : "false");
        break;
    case LOOK_PAGE:
        source_put(s, "    struct sut_page page;\n    (void)sut->page(%u, %u, ", look->adapter, look->index);
        source_put_number(s, look->page);
        source_put(s, ", &page);\n");
        break;
    case LOOK_LEDGER:
        source_put(s, "    struct sut_ledger seen;\n    sut->ledger(&seen);\n");
        break;
    case LOOK_DOMAIN:
        source_put(s, "    (void)sut->domain(%u);\n", look->adapter);
        break;
    case LOOK_ALIVE:
    case LOOK_ACCESS: /* these look up, and do not follow, what they are given */
        break;
    }
}

static void check_view_read(struct source *s) {
    const struct story_look *look = &s->story->look;
    source_put(s, "    uint64_t seen = *(volatile uint64_t *)(");
    source_put_address(s, look->view_step, look->view_delta);
    source_put(s,
               ");\n    if (seen != UINT64_C(0x%llx))\n"
               "        finding(\"0x%%llx\", (unsigned long long)seen);\n",
               (unsigned long long)look->wanted);
}

void source_final(struct source *s) {
    const struct story *story = s->story;
    if (story->final != FINAL_KEPT && story->final != FINAL_DIED && story->final != FINAL_DMA &&
        story->final != FINAL_CPU)
        source_put(s, "\n    /* what the contract says of it */\n");
    switch (story->final) {
    case FINAL_STATUS:
        check_status(s);
        break;
    case FINAL_ARGUMENT:
        check_argument(s);
        break;
    case FINAL_ADL:
        if (final_step(s)->before.opcode == OP_PIN2)
            check_adl(s);
        else
            check_mdl(s);
        check_visible(s);
        if (story->clause == CLAUSE_INIT_REMAP && story->remapped && sut_get()->page)
            check_logical(s);
        break;
    case FINAL_VIEW:
        check_view(s);
        break;
    case FINAL_CALLED:
        check_called(s);
        break;
    case FINAL_LOOK:
        check_look(s);
        break;
    case FINAL_LEDGER:
        if (story->pool)
            check_pool(s);
        else
            check_ledger_counts(s);
        break;
    case FINAL_VIEW_READ:
        check_view_read(s);
        break;
    case FINAL_DESCRIPTOR:
        source_put(s, "    check_descriptor(&pages_%s);\n", source_suffix(s, story->pin_step));
        break;
    case FINAL_LOCK:
        source_put(s, "    if (sut->lock_held && sut->lock_held())\n"
                      "        finding(\"'%%s' is still held\", sut->lock_held());\n");
        break;
    case FINAL_UNKNOWN:
        source_put(s, "    /* ... cannot be seen from outside the harness. */\n");
        break;
    case FINAL_KEPT:
        if (sut_get()->ledger)
            source_put(
                s,
                "    struct sut_ledger left;\n"
                "    sut->ledger(&left);\n"
                "    if (left.commit_pages || left.locked_pages || left.domain_pages || left.view_bytes ||\n"
                "        left.pins || left.views || left.handles || left.pool_bytes || left.pool_blocks ||\n"
                "        left.cache_bytes) {\n"
                "        printf(\"something is left when the last adapter is gone\\n\");\n"
                "        return 1;\n"
                "    }\n");
        break;
    case FINAL_DIED:
        if (story->look.open)
            put_open_look(s);
        break;
    case FINAL_DMA:
    case FINAL_CPU:
    case FINAL_DRIVER:
        break;
    }
}
