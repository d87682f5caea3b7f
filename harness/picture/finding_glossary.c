/* The words of a page that who reads one for the first time may not know. */
#include "harness/picture/finding.h"

void picture_glossary(FILE *to) {
    static const struct {
        const char *word, *means;
    } words[] = {
        {"D, I, C",
         "how a clause is founded: documented; it follows from documents; this project's choice, to "
         "which an implementation that declares otherwise is not held"},
        {"model", "the contract as the harness reckons it: what has to be so after each step"},
        {"caller, actor=", "a thread of the driver; a call without actor= is caller 0's"},
        {"lead(N)", "the handle of the lead of the chain that adapter N is in"},
        {"own(N)", "the handle of adapter N itself, be it the lead of its chain or linked to one"},
        {"issued(K)", "the K-th handle that was ever given out, counted from 0, alive or dead"},
        {"1p", "one page, of 4 KiB; 1p+8 is a page and 8 bytes"},
        {"index", "which of the linked adapters' save areas a call is about"},
        {"save area",
         "what an adapter has to keep its frame buffer in while it sleeps; as large as its driver said"},
        {"section", "the memory behind a save area; numbered as they were made"},
        {"pin", "pages of a save area are locked, and GPUs can reach them"},
        {"ADL", "a list of the device addresses of a pin's pages (pin2)"},
        {"MDL", "the same in the older form, of physical pages (pin)"},
        {"view, views, CPU views", "a part of a save area that the CPU has mapped (map)"},
        {"domain, domain maps", "which pages the IOMMU lets the GPUs of a chain reach"},
        {"isolated, 1:1", "the domain maps each page at its physical address"},
        {"remapped", "the domain maps pages at addresses of its own"},
        {"ledger",
         "counts of what is out (pins, views, pages, handles), by the model and by the implementation"},
        {"pages of commit charged",
         "memory that is promised to save areas, charged at the start, for each whole "
         "area"},
        {"fail_nth=N(KIND)", "the N-th point of this kind at which the call can run short fails"},
        {"race",
         "calls of several callers at the same time; a schedule says where the processor changes hands"},
    };
    fputs("<details id=\"glossary\"><summary>What the words mean</summary><dl>\n", to);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        fprintf(to, "<dt>%s</dt><dd>%s</dd>\n", words[i].word, words[i].means);
    fputs("</dl></details>\n", to);
}
