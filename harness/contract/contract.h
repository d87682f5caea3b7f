/*
 * The contract as data: one row for each clause. The oracle, the report, the counters and the
 * command line all read this table; nothing else in the project lists the clauses.
 *
 * Each clause fails through a function of its own. Crash triage groups findings by the failing
 * function and its message, so one shared function would merge all findings into one.
 */
#ifndef HARNESS_CONTRACT_H
#define HARNESS_CONTRACT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * X(enum suffix, id, basis judged, basis in full, function, title, source, axes)
 * Basis judged: what an implementation is held to where the duty and the refusal differ. The
 * functions' names are kept unlike each other on purpose (see tests): triage compares them.
 * Axes: what can change its truth, AXES(...) of situations.def joined by |; 0: to see it once is enough.
 */
#define CONTRACT_CLAUSES(X)                                                                                  \
    X(DIALECT_STEADY, "DIALECT-STEADY", 'C', "C, judged always", dialect_of_a_kernel_wavered,                \
      "what was chosen once is chosen again", "", 0)                                                         \
    X(ANY_LEAD, "ANY-LEAD", 'I', "duty D, refusal I", handle_of_a_lead_required,                             \
      "only the lead's live handle is accepted", "CB2, ISO", AXES(HANDLE))                                   \
    X(ANY_IRQL, "ANY-IRQL", 'C', "duty D, answer C", raised_irql_answered_otherwise,                         \
      "a call above PASSIVE_LEVEL is refused, or stops the system", "CB2, ISO",                              \
      AXES(LEVEL) | AXES(BUG_CHECK))                                                                         \
    X(ANY_NULL, "ANY-NULL", 'C', "C", null_argument_let_through, "a null argument pointer fails", "",        \
      AXES(CALLBACK))                                                                                        \
    X(ANY_INDEX, "ANY-INDEX", 'I', "I", physical_adapter_outside_chain, "an index outside the chain fails",  \
      "ARG2", AXES(CALLBACK) | AXES(INDEX_CUT))                                                              \
    X(ANY_ROLLBACK, "ANY-ROLLBACK", 'C', "C", failed_call_left_traces,                                       \
      "a call that fails leaves everything as it was", "",                                                   \
      AXES(CALLBACK) | AXES(PIN2_FAULT) | AXES(PIN1_FAULT) | AXES(MAP_FAULT) | AXES(ADD_FAULT))              \
    X(ANY_RELEASE, "ANY-RELEASE", 'C', "C", shortage_stopped_a_giving_back,                                  \
      "releasing never fails for a shortage", "",                                                            \
      AXES(PIN2) | AXES(REMAPPED) | AXES(PIN1) | AXES(UNPIN_FAULT) | AXES(UNMAP_FAULT))                      \
    X(ANY_BUDGET, "ANY-BUDGET", 'I', "I", more_given_out_than_there_is,                                      \
      "what is out at once fits into the machine", "ISO", AXES(FULL))                                        \
    X(ANY_STATE, "ANY-STATE", 'C', "C", wrong_lifecycle_phase_honoured,                                      \
      "no callback works inside start; only releases work inside stop", "STOPDEV, ISO, LINK",                \
      AXES(ENTRY) | AXES(ASLEEP))                                                                            \
    X(ANY_VERSION, "ANY-VERSION", 'D', "D; Version and what lies beyond C", dxgkrnl_table_slots_mismatch,    \
      "the interface holds its version's callbacks", "IFACE", AXES(VERSION) | AXES(SKEW))                    \
    X(INIT_QUERY, "INIT-QUERY", 'D', "D, once and sizes I", savesize_question_asked_badly,                   \
      "the save size is asked once for each index, of drivers that isolate", "ISO",                          \
      AXES(WAY) | AXES(LINKS) | AXES(VERSION))                                                               \
    X(INIT_CAPS, "INIT-CAPS", 'D', "D", wddm29_types_at_wrong_time,                                          \
      "types 34 and 35 are asked from WDDM 2.9 on, before the first start", "QAI, IOCAPS, REMAP",            \
      AXES(VERSION) | AXES(SKEW))                                                                            \
    X(INIT_MATCH, "INIT-MATCH", 'C', "duty D, refusal C", contradicting_answers_believed,                    \
      "caps that disagree fail the start", "IOCAPS", 0)                                                      \
    X(INIT_ALIGN, "INIT-ALIGN", 'C', "duty D, refusal C", odd_MaximumSize_started,                           \
      "a MaximumSize that is no multiple of PAGE_SIZE fails the start", "AREA", AXES(LINKS))                 \
    X(INIT_SECTION, "INIT-SECTION", 'D', "D", section_objects_miscounted,                                    \
      "one section for each non-zero MaximumSize, none for zero", "ISO",                                     \
      AXES(WAY) | AXES(LINKS) | AXES(AREA))                                                                  \
    X(INIT_COMMIT, "INIT-COMMIT", 'D', "D", start_took_wrong_commit,                                         \
      "the whole of every MaximumSize is charged at start", "ISO", AXES(WAY) | AXES(LINKS) | AXES(SUM))      \
    X(INIT_ROLLBACK, "INIT-ROLLBACK", 'C', "C", half_begun_start_lingers,                                    \
      "a start that fails undoes all it did; a valid one succeeds", "", AXES(START_FAULT) | AXES(LINKS))     \
    X(INIT_DOMAIN, "INIT-DOMAIN", 'D', "D", linked_device_lacks_domain,                                      \
      "one domain for each logical adapter, for all of it", "REMAP, ISO", AXES(WAY) | AXES(LINKS))           \
    X(INIT_VISIBLE, "INIT-VISIBLE", 'D', "D, equality C", installed_memory_beyond_sight,                     \
      "without remapping, all installed memory must be visible", "REMAP, MCDM", AXES(WAY) | AXES(SIGHT))     \
    X(INIT_REMAP, "INIT-REMAP", 'D', "D", remapping_choice_wrong,                                            \
      "remapping is used when supported, possible and needed", "REMAP",                                      \
      AXES(PIN2) | AXES(REMAPPED) | AXES(PIN1))                                                              \
    X(INIT_REQUIRED, "INIT-REQUIRED", 'D', "D", isolation_demand_ignored,                                    \
      "isolation that is required fails the start without an IOMMU", "IOCAPS", AXES(WAY))                    \
    X(INIT_CLEAN, "INIT-CLEAN", 'C', "C", old_data_in_a_new_section, "pages of a new section read as zero",  \
      "", AXES(PIN2) | AXES(REMAPPED) | AXES(PIN1))                                                          \
    X(LINK_ONE_LEAD, "LINK-ONE-LEAD", 'D', "D", ill_formed_chain_ran,                                        \
      "a chain with a missing or a second lead does not start", "LINK", AXES(LINKS))                         \
    X(LINK_INDEX, "LINK-INDEX", 'D', "D, lead = 0 C", some_other_adapter_meant,                              \
      "an index means the device whose handle the driver answers", "PHYS", AXES(LINKS))                      \
    X(LINK_ORDER, "LINK-ORDER", 'D', "D, among the others C", bring_up_sequence_broken,                      \
      "the lead starts after the others and stops before them", "LINK", AXES(LINKS))                         \
    X(STOP_RECLAIM, "STOP-RECLAIM", 'C', "C", driver_leak_kept_by_stop,                                      \
      "a stop takes back and counts what is still out", "",                                                  \
      AXES(PIN2) | AXES(REMAPPED) | AXES(PIN1) | AXES(KEPT) | AXES(END) | AXES(GONE))                        \
    X(STOP_STALE, "STOP-STALE", 'C', "C", relic_of_dead_start_usable,                                        \
      "nothing obtained before a stop works after it", "", AXES(CALLBACK) | AXES(HANDLES))                   \
    X(TDR_KEEPS, "TDR-KEEPS", 'C', "C", gpu_reset_disturbed_something,                                       \
      "a GPU reset changes nothing and stops DMA while it lasts", "",                                        \
      AXES(PIN2) | AXES(REMAPPED) | AXES(PIN1) | AXES(KEPT) | AXES(RESET))                                   \
    X(END_ZERO, "END-ZERO", 'C', "C", residue_once_all_are_gone,                                             \
      "when the last adapter is gone everything is back", "", 0)                                             \
    X(ATTACH_BEFORE, "ATTACH-BEFORE", 'D', "D", first_StartDevice_came_sooner,                               \
      "with remapping every member is attached before the first starts", "QAI, REMAP", AXES(LINKS))          \
    X(ATTACH_LATER, "ATTACH-LATER", 'D', "D", secure_mode_unforced_or_missing,                               \
      "below WDDM 2.9 the machine's setting or a secure VM attaches", "ISO",                                 \
      AXES(ATTACHES) | AXES(UNATTACHED))                                                                     \
    X(ATTACH_PAIR, "ATTACH-PAIR", 'D', "D while started", BeginEnd_unbalanced_around_change,                 \
      "Begin is called before an attach and End after it", "BEGIN, ISO", AXES(ATTACHES) | AXES(LINKS))       \
    X(ATTACH_QUIET, "ATTACH-QUIET", 'D', "D", ddi_entered_in_exclusive_access,                               \
      "no DDI call reaches the driver between Begin and End", "BEGIN, ISO", AXES(ATTACHES) | AXES(LINKS))    \
    X(ATTACH_KEEPS, "ATTACH-KEEPS", 'I', "allocations D, pins I", earlier_pin_dropped_by_isolation,          \
      "what was pinned or mapped before an attach is there after it", "ISO", AXES(HELD) | AXES(LINKS))       \
    X(ATTACH_ALL, "ATTACH-ALL", 'D', "D", only_part_of_chain_isolated,                                       \
      "one attach concerns all linked adapters", "ISO, REMAP", AXES(LINKS))                                  \
    X(ATTACH_ONCE, "ATTACH-ONCE", 'D', "D, second VM I", isolated_twice_or_undone,                           \
      "an attach is not undone, nor made again", "ISO", AXES(AGAIN))                                         \
    X(ATTACH_FAIL, "ATTACH-FAIL", 'I', "I, status C", unsuccessful_isolation_mishandled,                     \
      "an attach that fails fails the start or the VM, unless it may", "ISO", AXES(FAILS) | AXES(VM_FAULT))  \
    X(ATTACH_NOSUPPORT, "ATTACH-NOSUPPORT", 'D', "D", incapable_driver_joined_vm,                            \
      "without isolation support there is no secure VM, and no attach", "ISO, GPUPV", 0)                     \
    X(ATTACH_BEGINFAIL, "ATTACH-BEGINFAIL", 'C', "C", access_denied_yet_taken,                               \
      "a Begin that fails means no attach and no End", "", AXES(FAILS))                                      \
    X(RESV_TWICE, "RESV-TWICE", 'D', "D, once each C", ranges_count_then_array_not_asked,                    \
      "reserved ranges are asked for twice: their number, then them", "ISO", AXES(RESERVED))                 \
    X(RESV_BEFORE, "RESV-BEFORE", 'D', "D", firmware_memory_entered_late,                                    \
      "reserved ranges are asked for and mapped before the attach", "ISO", AXES(RESERVED))                   \
    X(RESV_ONETOONE, "RESV-ONETOONE", 'I', "I", reserved_page_leads_elsewhere,                               \
      "each page of a reserved range is reached at its own address", "ISO", AXES(RESERVED))                  \
    X(RESV_OVERLAP, "RESV-OVERLAP", 'D', "validation D, answer C", os_memory_claimed_by_driver,              \
      "a reserved range that touches memory of the OS is found", "ISO, RESV", AXES(RESERVED))                \
    X(RESV_EXACT, "RESV-EXACT", 'I', "I", more_than_the_reserved_mapped,                                     \
      "only the reserved ranges are mapped, in whole pages", "ISO", AXES(RESERVED))                          \
    X(RESV_APART, "RESV-APART", 'C', "C", logical_number_of_hardware_reused,                                 \
      "logical addresses are never those of a reserved range", "", AXES(REMAPPED))                           \
    X(RESV_PAIR, "RESV-PAIR", 'C', "C", changing_count_of_ranges_accepted,                                   \
      "a second answer with another number fails the start", "", AXES(RESERVED))                             \
    X(PIN_ALIGN, "PIN-ALIGN", 'I', "duty D, refusal I", CommitSize_misaligned_pinned,                        \
      "CommitSize is a multiple of PAGE_SIZE", "ARG2", 0)                                                    \
    X(PIN_MAX, "PIN-MAX", 'I', "duty D, refusal I", larger_than_promised_maximum,                            \
      "CommitSize is at most the index's MaximumSize", "ARG2", AXES(INDEX) | AXES(PIN_CUT))                  \
    X(PIN_NONE, "PIN-NONE", 'I', "I", absent_save_area_handed_out,                                           \
      "an index without a section cannot be pinned or mapped", "ISO", AXES(CALLBACK) | AXES(INDEX))          \
    X(PIN_ZERO, "PIN-ZERO", 'C', "C", empty_pin_granted, "CommitSize 0 fails", "", 0)                        \
    X(PIN_RESERVED, "PIN-RESERVED", 'C', "duty D, refusal C", unknown_flag_bits_tolerated,                   \
      "any reserved flag bit fails the call", "ARG2", 0)                                                     \
    X(PIN_SUCCEEDS, "PIN-SUCCEEDS", 'I', "I", valid_pin2_turned_down,                                        \
      "a valid pin with no shortage succeeds", "ISO",                                                        \
      AXES(PIN2) | AXES(REMAPPED) | AXES(PIN2_FAULT) | AXES(INDEX))                                          \
    X(PIN_COUNT, "PIN-COUNT", 'I', "I", PageCount_differs_from_size,                                         \
      "PageCount times PAGE_SIZE is exactly CommitSize", "ADL",                                              \
      AXES(ARRAY_PAGES) | AXES(RANGE_PAGES) | AXES(COUNT32))                                                 \
    X(PIN_PAGES, "PIN-PAGES", 'D', "D", Pages_array_malformed,                                               \
      "the ADL's pages are as its Contiguous flag says", "ADL",                                              \
      AXES(PIN2) | AXES(REMAPPED) | AXES(ARRAY_PAGES) | AXES(RANGE_PAGES) | AXES(NUMBERS))                   \
    X(PIN_CONTIG, "PIN-CONTIG", 'I', "D, I, C", contiguity_against_preference,                               \
      "PreferContiguous permits a contiguous ADL; without it, an array", "ARG2, ALLOC", AXES(PREFER))        \
    X(PIN_ADLFLAGS, "PIN-ADLFLAGS", 'C', "C", adl_flags_dirty, "reserved bits of the ADL's flags are zero",  \
      "", AXES(PIN2) | AXES(REMAPPED))                                                                       \
    X(PIN_MAPPED, "PIN-MAPPED", 'I', "mapping D, order I", wrong_byte_behind_adl_page,                       \
      "page i of the ADL reaches byte i * PAGE_SIZE of the section", "ARG2",                                 \
      AXES(PIN2) | AXES(REMAPPED) | AXES(INDEX) | AXES(ARRAY_PAGES) | AXES(RANGE_PAGES) | AXES(NUMBERS))     \
    X(PIN_EXACT, "PIN-EXACT", 'I', "I", neighbour_page_translated,                                           \
      "a domain maps the pages of its live pins and no others", "ISO",                                       \
      AXES(PIN2) | AXES(REMAPPED) | AXES(PIN1))                                                              \
    X(PIN_VISIBLE, "PIN-VISIBLE", 'D', "D", address_above_HighestVisible,                                    \
      "every page lies within HighestVisibleAddress", "REMAP, PMCAPS",                                       \
      AXES(PIN2) | AXES(REMAPPED) | AXES(NUMBERS))                                                           \
    X(PIN_LOCKED, "PIN-LOCKED", 'D', "D", pressure_moved_what_was_locked,                                    \
      "memory pressure cannot take or move pinned pages", "ISO",                                             \
      AXES(PIN2) | AXES(REMAPPED) | AXES(PIN1) | AXES(KEPT))                                                 \
    X(PIN_ISOLATED, "PIN-ISOLATED", 'I', "I", gpu_reads_what_is_not_its_own,                                 \
      "no page belongs to another section; no other adapter reaches it", "ISO",                              \
      AXES(PIN2) | AXES(REMAPPED) | AXES(PIN1))                                                              \
    X(PIN_CONTENTS, "PIN-CONTENTS", 'I', "I", saved_frame_buffer_lost,                                       \
      "pinning and unpinning change no byte of the section", "ISO",                                          \
      AXES(PIN2) | AXES(REMAPPED) | AXES(PIN1))                                                              \
    X(PIN_TWICE, "PIN-TWICE", 'C', "C", second_pin_over_the_first,                                           \
      "pinning what is pinned fails and the first pin stays whole", "UNP", AXES(SECOND))                     \
    X(PIN1_SAME, "PIN1-SAME", 'I', "locked and mapped D, the rest I", wddm24_mdl_form_deviates,              \
      "the WDDM 2.4 form keeps the same clauses with an MDL", "CB1, ARG1, ISO",                              \
      AXES(PIN1) | AXES(PIN1_FAULT) | AXES(INDEX) | AXES(MDL_PAGES) | AXES(NUMBERS1))                        \
    X(PIN1_LIMIT, "PIN1-LIMIT", 'I', "I", oversized_for_any_list, "a pin that no MDL can describe fails",    \
      "MDL", AXES(LIMIT))                                                                                    \
    X(PIN1_REMAP, "PIN1-REMAP", 'C', "C", logical_memory_given_as_pfns,                                      \
      "when memory is remapped the MDL form fails", "CB2", 0)                                                \
    X(PIN1_EQUAL, "PIN1-EQUAL", 'I', "I", both_forms_disagree_on_bytes,                                      \
      "both forms accept the same sizes and reach the same memory", "PIN1-SAME", AXES(EQUAL))                \
    X(UNPIN_EITHER, "UNPIN-EITHER", 'D', "D", release_refused_after_pinning,                                 \
      "one Unpin releases what either form pinned", "CB2, UNP",                                              \
      AXES(PIN2) | AXES(REMAPPED) | AXES(PIN1) | AXES(KEPT))                                                 \
    X(UNPIN_GONE, "UNPIN-GONE", 'D', "D, I", stays_mapped_or_locked_afterwards,                              \
      "after Unpin the pages are unlocked and out of the domain", "UNP, ISO, FREE",                          \
      AXES(PIN2) | AXES(REMAPPED) | AXES(PIN1) | AXES(KEPT))                                                 \
    X(UNPIN_ONLY, "UNPIN-ONLY", 'I', "I", bystander_lost_in_release,                                         \
      "other indices' pins and all CPU maps stay", "UNP", AXES(BYSTANDER))                                   \
    X(UNPIN_NOTHING, "UNPIN-NOTHING", 'C', "C", phantom_pin_let_go, "unpinning what is not pinned fails",    \
      "", 0)                                                                                                 \
    X(MAP_ALIGN, "MAP-ALIGN", 'I', "duty D, refusal I", fractional_page_view_made,                           \
      "Size and Offset are multiples of PAGE_SIZE", "MAP", 0)                                                \
    X(MAP_RANGE, "MAP-RANGE", 'I', "I; size 0 C", chunk_exceeds_save_area,                                   \
      "Offset + Size stays inside the section and does not wrap", "MAP", AXES(RANGE))                        \
    X(MAP_MAYFAIL, "MAP-MAYFAIL", 'C', "failing D, succeeding C", possible_mapping_denied,                   \
      "a valid map fails only under a shortage", "ISO", AXES(MAP_FAULT) | AXES(INDEX))                       \
    X(MAP_ADDRESS, "MAP-ADDRESS", 'D', "D; 64 KiB C", pBaseAddress_plus_Offset_wrong,                        \
      "pBaseAddress + Offset is the byte asked for", "MAP", AXES(OFFSETS))                                   \
    X(MAP_COHERENT, "MAP-COHERENT", 'I', "I", cpu_and_gpu_see_unlike_data,                                   \
      "CPU views, DMA and later pins see the same bytes", "ISO",                                             \
      AXES(PIN2) | AXES(REMAPPED) | AXES(PIN1) | AXES(KEPT) | AXES(OFFSETS))                                 \
    X(MAP_MANY, "MAP-MANY", 'C', "C", coexisting_views_interfere,                                            \
      "several maps may be out at once, each with its own Unmap", "", AXES(VIEWS))                           \
    X(UNMAP_MINE, "UNMAP-MINE", 'I', "I", unmap_took_unknown_base,                                           \
      "only a live base that Map returned for that index is unmapped", "UNMAP", AXES(BASE))                  \
    X(UNMAP_GONE, "UNMAP-GONE", 'I', "I", view_survived_its_end,                                             \
      "after the last Unmap of a base the CPU's access faults", "UNMAP", AXES(LEFT))                         \
    X(RACE_ATOMIC, "RACE-ATOMIC", 'C', "C", no_serial_order_explains,                                        \
      "concurrent calls end as if run one after another", "", AXES(CALLS) | AXES(BESIDE) | AXES(HIT))        \
    X(RACE_STOP, "RACE-STOP", 'C', "C", pin_outlived_racing_stop,                                            \
      "a call that races a stop finishes first or fails", "", AXES(STOPPED) | AXES(PULLED))                  \
    X(RACE_LIVE, "RACE-LIVE", 'C', "C, judged always", everybody_waits_forever,                              \
      "no order of calls deadlocks", "", 0)                                                                  \
    X(RACE_MEMORY, "RACE-MEMORY", 'C', "C", unsynchronized_accesses_collide,                                 \
      "two actors that touch one byte, one writing, are ordered by a lock", "", AXES(CALLS) | AXES(STOPPED)) \
    X(RACE_ONCE, "RACE-ONCE", 'C', "C", caller_memory_fetched_a_second_time,                                 \
      "a call reads each byte of its argument once", "", 0)                                                  \
    X(RACE_REACH, "RACE-REACH", 'I', "I", some_third_thing_behind_an_address,                                \
      "during a call DMA reaches a pin as before it or as after it", "ISO",                                  \
      AXES(MEANWHILE) | AXES(REMAPPED))                                                                      \
    X(RACE_MAPPED, "RACE-MAPPED", 'C', "C", frame_loosened_under_a_translation,                              \
      "where calls wait for one another, what domains map is locked", "ISO",                                 \
      AXES(PIN2) | AXES(REMAPPED) | AXES(PIN1))

enum contract_clause {
#define X(name, ...) CLAUSE_##name,
    CONTRACT_CLAUSES(X)
#undef X
    CONTRACT_CLAUSE_COUNT
};

struct contract_row {
    const char *id;
    char basis; /* 'D', 'I' or 'C': what an implementation is held to */
    const char *basis_text;
    const char *function; /* the name triage sees */
    const char *title;
    const char *source; /* the documents of the contract's source list; "" for C */
    uint64_t axes;      /* of situations that it has to be seen in */
    void (*fail)(void);
};

extern const struct contract_row contract_table[CONTRACT_CLAUSE_COUNT];

/* Prints "ASSERTION FAILED: <function>" and aborts through that function. The report has been
 * printed by then. If a hook is set, it runs first and may leave by longjmp(). */
_Noreturn void contract_fail(enum contract_clause clause);
void contract_on_violation(void (*hook)(enum contract_clause clause));

#endif
