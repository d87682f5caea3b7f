/* What differs when the finding is made: the ledger, the pages. */
#include "harness/contract/ledger.h"
#include "harness/page/html.h"
#include "harness/picture/finding.h"

#define ULL unsigned long long

static void put_count(FILE *to, const char *what, uint64_t wanted, uint64_t found) {
    if (wanted != found)
        fprintf(to,
                "<tr class=\"differs\"><th scope=\"row\">%s</th><td class=\"number\">%llu</td><td "
                "class=\"number\">%llu</td><td class=\"number\">✖ %+lld</td></tr>\n",
                what, (ULL)wanted, (ULL)found, (long long)(found - wanted));
}

void picture_ledger(const struct picture *picture) {
    FILE *to = picture->to;
    const struct recording_state *state = &picture->recording->step[picture->recording->broken].after;
    if (!state->counted)
        return;
    fputs("<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"The ledger\"><h3>The ledger</h3>",
          to);
    if (!recording_ledger_differs(state)) {
        fputs("<p>Every count of what is out is as the model has it.</p></div>\n", to);
        return;
    }
    fputs(
        "<table><caption>What is out, after the step that broke it</caption><thead><tr><th "
        "scope=\"col\">count</th><th "
        "scope=\"col\" class=\"number\">model</th><th scope=\"col\" class=\"number\">implementation</th><th "
        "scope=\"col\" class=\"number\">differs by</th></tr></thead><tbody>\n",
        to);
#define COUNT(member, what, ...) put_count(to, what, state->wanted.member, state->found.member);
    LEDGER_COUNTS(COUNT)
    fputs("</tbody></table></div>\n", to);
}

/* ---- pages ---- */

static const char *name_of(const struct recording_page *page, uint64_t word, char *text, size_t size) {
    (void)page;
    snprintf(text, size, word == 0 ? "zeros" : "0x%llx", (ULL)word);
    return text;
}

static void put_what(FILE *to, const struct recording_page *page) {
    fprintf(to, "<th scope=\"row\">");
    if (page->beside)
        fputs("after the last", to);
    else
        fprintf(to, "page %llu", (ULL)page->page);
    fprintf(to, "</th><td>%u</td><td class=\"mono\">0x%llx</td>", page->device, (ULL)page->address);
}

static void put_locked(FILE *to, const struct recording_page *page) {
    if (page->beside || !page->asked_page) {
        fputs("<td class=\"dim\">–</td>", to);
        return;
    }
    bool wrong = !page->there || page->locked != page->pinned;
    const char *seen = !page->there ? "no such page" : page->locked ? "locked" : "not locked";
    if (wrong)
        fprintf(to, "<td class=\"bad\">✖ %s, not %s</td>", seen, page->pinned ? "locked" : "free");
    else
        fprintf(to, "<td>%s</td>", seen);
}

/* ---- who has read there ---- */

const struct recording_page *picture_probed(const struct picture *picture) {
    const struct recording *recording = picture->recording;
    for (uint32_t i = 0; i < recording->page_count && !recording->midway; i++) {
        const struct recording_page *page = &recording->page[i];
        if (page->wrong && page->asked_dma && (page->reached != page->reachable || page->reached))
            return page;
    }
    return NULL;
}

void picture_probe(const struct recording_page *page, char *text, size_t size) {
    char read[32];
    if (page->reached)
        name_of(page, page->read, read, sizeof(read));
    else
        snprintf(read, sizeof(read), "a fault");
    snprintf(text, size,
             "Asked by the harness's probe: the GPU of adapter %u reads at device page 0x%llx, and gets %s. ",
             page->gpu, (ULL)page->address, read);
}

static void put_dma(FILE *to, const struct recording_page *page) {
    char read[32], expected[32];
    if (!page->asked_dma) {
        fputs("<td class=\"dim\">–</td>", to);
        return;
    }
    name_of(page, page->read, read, sizeof(read));
    name_of(page, page->expected, expected, sizeof(expected));
    if (page->reached != page->reachable)
        fprintf(to, page->wrong ? "<td class=\"bad\">✖ %s, not %s</td>" : "<td>%s</td>",
                page->reached ? "DMA goes through" : "a fault", page->reachable ? "the page" : "a fault");
    else if (!page->reached)
        fputs("<td>a fault</td>", to);
    else if (!page->beside && page->pinned && page->read != page->expected)
        fprintf(to, "<td class=\"bad\">✖ reads %s, not %s</td>", read, expected);
    else
        fprintf(to, "<td>reads %s</td>", read);
}

void picture_pages(const struct picture *picture) {
    FILE *to = picture->to;
    const struct recording *recording = picture->recording;
    bool any = false;
    for (uint32_t i = 0; i < recording->page_count; i++)
        any |= recording->page[i].asked_page || recording->page[i].asked_dma;
    if (!any)
        return;
    fputs(
        "<div class=\"scroll wide\" tabindex=\"0\" role=\"group\" aria-label=\"The pages of pins\"><h3>The "
        "pages of pins</h3><table class=\"pages\"><caption>Looked at by the harness's probe when the finding "
        "had been made; – is not looked at</caption>"
        "<thead><tr><th scope=\"col\">of the save area</th><th scope=\"col\">adapter</th><th "
        "scope=\"col\">device "
        "page</th><th scope=\"col\">locked</th><th scope=\"col\">a GPU that reads "
        "there</th></tr></thead><tbody>\n",
        to);
    for (uint32_t i = 0; i < recording->page_count; i++) {
        const struct recording_page *page = &recording->page[i];
        fprintf(to, "<tr%s>", page->wrong ? " class=\"differs\"" : "");
        put_what(to, page);
        put_locked(to, page);
        put_dma(to, page);
        fputs("</tr>\n", to);
    }
    fputs("</tbody></table></div>\n", to);
}
