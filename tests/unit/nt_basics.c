/* Fault points, IRQLs, locks, pool, MDLs. */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/nt_machine.h"

static void fault_fires_at_the_nth_point_of_its_kind_once(void **state) {
    (void)state;
    bool fired;
    nt_fault_arm(NT_FAULT_LOCK, 2);
    assert_false(nt_fault(NT_FAULT_LOCK));
    assert_false(nt_fault(NT_FAULT_POOL));
    assert_int_equal(nt_fault_passed(&fired), 1);
    assert_false(fired);
    assert_true(nt_fault(NT_FAULT_LOCK));
    assert_false(nt_fault(NT_FAULT_LOCK));
    assert_int_equal(nt_fault_passed(&fired), 3);
    assert_true(fired);

    nt_fault_arm(NT_FAULT_ANY, 3);
    assert_false(nt_fault(NT_FAULT_VIEW));
    assert_false(nt_fault(NT_FAULT_ATTACH));
    assert_true(nt_fault(NT_FAULT_DOMAIN));

    nt_fault_arm(NT_FAULT_ANY, 0);
    for (int i = 0; i < 5; i++)
        assert_false(nt_fault(NT_FAULT_POOL));
    assert_int_equal(nt_fault_passed(&fired), 5);
    assert_false(fired);
}

static void a_boot_disarms(void **state) {
    (void)state;
    nt_fault_arm(NT_FAULT_ANY, 1);
    nt_shutdown();
    boot(&small_machine);
    assert_false(nt_fault(NT_FAULT_POOL));
}

static void each_actor_has_its_irql(void **state) {
    (void)state;
    for (unsigned i = 0; i < NT_ACTORS; i++) {
        nt_actor_set(i);
        assert_int_equal(nt_irql(), PASSIVE_LEVEL);
    }
    nt_irql_set(DISPATCH_LEVEL);
    nt_actor_set(0);
    assert_int_equal(nt_actor(), 0);
    assert_int_equal(nt_irql(), PASSIVE_LEVEL);
    nt_actor_set(NT_ACTORS - 1);
    assert_int_equal(nt_irql(), DISPATCH_LEVEL);
    nt_shutdown();
    boot(&small_machine);
    assert_int_equal(nt_actor(), 0);
    nt_actor_set(NT_ACTORS - 1);
    assert_int_equal(nt_irql(), PASSIVE_LEVEL);
}

static struct nt_lock adapters, chain, other_chain;

static int make_locks(void **state) {
    nt_lock_init(&adapters, "the adapters", NT_LOCK_ADAPTERS);
    nt_lock_init(&chain, "a chain", NT_LOCK_CHAIN);
    nt_lock_init(&other_chain, "another chain", NT_LOCK_CHAIN);
    return boot_small(state);
}

static void locks_nest_in_their_order(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        nt_lock_acquire(&adapters);
        nt_lock_acquire(&chain);
        assert_true(nt_commit_charge(1)); /* takes the memory lock inside */
        nt_lock_release(&adapters);
        nt_lock_release(&chain);
    }
    nt_lock_acquire(&chain);
    nt_actor_set(1); /* another actor has an order of its own */
    nt_lock_acquire(&other_chain);
    nt_lock_release(&other_chain);
    nt_actor_set(0);
    nt_lock_release(&chain);
}

static void take_backwards(void) {
    nt_lock_acquire(&chain);
    nt_lock_acquire(&adapters);
}

static void take_twice(void) {
    nt_lock_acquire(&chain);
    nt_lock_acquire(&chain);
}

static void take_two_of_a_rank(void) {
    nt_lock_acquire(&other_chain);
    nt_lock_acquire(&chain);
}

static void take_from_another_actor(void) {
    nt_lock_acquire(&chain);
    nt_actor_set(1);
    nt_lock_acquire(&chain);
}

static void release_unheld(void) {
    nt_lock_release(&chain);
}

static void shut_down_holding(void) {
    nt_lock_acquire(&chain);
    nt_shutdown();
}

/* What a process that does this prints before it aborts. */
static const char *last_words(void (*act)(void)) {
    static char words[1024];
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        act();
        _exit(0);
    }
    close(ends[1]);
    size_t length = 0;
    for (ssize_t got; (got = read(ends[0], words + length, sizeof(words) - 1 - length)) > 0;)
        length += (size_t)got;
    words[length] = '\0';
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    return words;
}

static void a_lock_out_of_order_is_stopped_and_both_are_named(void **state) {
    (void)state;
    const char *words = last_words(take_backwards);
    assert_non_null(strstr(words, "'the adapters' (rank 1)"));
    assert_non_null(strstr(words, "'a chain' (rank 2)"));
    words = last_words(take_two_of_a_rank);
    assert_non_null(strstr(words, "'a chain'"));
    assert_non_null(strstr(words, "'another chain'"));
    assert_non_null(strstr(last_words(take_twice), "'a chain'"));
    assert_non_null(strstr(last_words(take_from_another_actor), "another actor"));
    assert_non_null(strstr(last_words(release_unheld), "does not hold it"));
    assert_non_null(strstr(last_words(shut_down_holding), "'a chain'"));
}

static void pool_is_zeroed_and_counted(void **state) {
    (void)state;
    uint8_t *block = nt_pool_alloc(100);
    assert_non_null(block);
    for (int i = 0; i < 100; i++)
        assert_int_equal(block[i], 0);
    void *cache = nt_pool_cache_alloc(1000);
    assert_non_null(cache);
    struct nt_pool_usage usage = *nt_pool_usage();
    assert_int_equal(usage.bytes, 100);
    assert_int_equal(usage.blocks, 1);
    assert_int_equal(usage.cache_bytes, 1000);
    nt_pool_free(block, 100);
    nt_pool_cache_free(cache, 1000);
    nt_pool_free(NULL, 1);
    nt_pool_cache_free(NULL, 1);
    usage = *nt_pool_usage();
    assert_int_equal(usage.bytes, 0);
    assert_int_equal(usage.blocks, 0);
    assert_int_equal(usage.cache_bytes, 0);
}

static void pool_budget_is_exact_and_caches_have_none(void **state) {
    (void)state;
    size_t all = (size_t)small_machine.pool_bytes;
    assert_null(nt_pool_alloc(all + 1));
    assert_null(nt_pool_alloc(SIZE_MAX));
    void *block = nt_pool_alloc(all - 8);
    void *rest = nt_pool_alloc(8);
    assert_non_null(block);
    assert_non_null(rest);
    assert_null(nt_pool_alloc(1));
    void *cache = nt_pool_cache_alloc(all);
    assert_non_null(cache);
    nt_pool_cache_free(cache, all);
    nt_pool_free(block, all - 8);
    nt_pool_free(rest, 8);
    assert_int_equal(nt_pool_usage()->bytes, 0);
}

static void pool_and_caches_are_fault_points(void **state) {
    (void)state;
    nt_fault_arm(NT_FAULT_POOL, 2);
    void *cache = nt_pool_cache_alloc(1);
    assert_non_null(cache);
    nt_pool_cache_free(cache, 1);
    assert_null(nt_pool_alloc(1));
    nt_fault_arm(NT_FAULT_POOL, 1);
    assert_null(nt_pool_cache_alloc(1));
    assert_int_equal(nt_pool_usage()->blocks, 0);
}

static void mdls_have_a_pfn_a_page(void **state) {
    (void)state;
    PMDL mdl = nt_mdl_alloc(3 * NT_PAGE_SIZE);
    assert_non_null(mdl);
    assert_int_equal(mdl->ByteCount, 3 * NT_PAGE_SIZE);
    assert_int_equal(mdl->ByteOffset, 0);
    assert_int_equal(mdl->Size, sizeof(MDL) + 3 * sizeof(PFN_NUMBER));
    MmGetMdlPfnArray(mdl)[2] = 5;
    assert_int_equal(nt_pool_usage()->bytes, sizeof(MDL) + 3 * sizeof(PFN_NUMBER));
    mdl->ByteCount = NT_PAGE_SIZE; /* who has it can write there */
    nt_mdl_free(mdl, 3 * NT_PAGE_SIZE);
    nt_mdl_free(NULL, NT_PAGE_SIZE);
    assert_int_equal(nt_pool_usage()->bytes, 0);
    nt_fault_arm(NT_FAULT_POOL, 1);
    assert_null(nt_mdl_alloc(NT_PAGE_SIZE));
}

static void the_largest_mdl_keeps_its_count(void **state) {
    (void)state;
    struct nt_config config = small_machine;
    config.pool_bytes = UINT64_C(16) << 20;
    nt_shutdown();
    boot(&config);
    PMDL mdl = nt_mdl_alloc(NT_MDL_MAX_BYTES);
    assert_non_null(mdl);
    assert_int_equal(mdl->ByteCount, UINT32_MAX - 4095);
    MmGetMdlPfnArray(mdl)[NT_MDL_MAX_BYTES / NT_PAGE_SIZE - 1] = 1;
    nt_mdl_free(mdl, NT_MDL_MAX_BYTES);
    assert_int_equal(nt_pool_usage()->bytes, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fault_fires_at_the_nth_point_of_its_kind_once, boot_small, shut_down),
        cmocka_unit_test_setup_teardown(a_boot_disarms, boot_small, shut_down),
        cmocka_unit_test_setup_teardown(each_actor_has_its_irql, boot_small, shut_down),
        cmocka_unit_test_setup_teardown(locks_nest_in_their_order, make_locks, shut_down),
        cmocka_unit_test_setup_teardown(a_lock_out_of_order_is_stopped_and_both_are_named, make_locks,
                                        shut_down),
        cmocka_unit_test_setup_teardown(pool_is_zeroed_and_counted, boot_small, shut_down),
        cmocka_unit_test_setup_teardown(pool_budget_is_exact_and_caches_have_none, boot_small, shut_down),
        cmocka_unit_test_setup_teardown(pool_and_caches_are_fault_points, boot_small, shut_down),
        cmocka_unit_test_setup_teardown(mdls_have_a_pfn_a_page, boot_small, shut_down),
        cmocka_unit_test_setup_teardown(the_largest_mdl_keeps_its_count, boot_small, shut_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
