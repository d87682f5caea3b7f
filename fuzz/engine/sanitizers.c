/*
 * Defaults of the sanitizers, linked into every program here. The environment (ASAN_OPTIONS, ...) still
 * wins. Without a sanitizer nothing calls these.
 *
 * quarantine_size_mb: the default of 256 MiB evicts caches with every block freed; 8 MiB still hold all
 * the blocks of several executions, so a use after free is seen (at 0 a reused block would hide it).
 * malloc_context_size: two frames tell an allocation's caller. Never 0 or 1: they switch leak detection
 * off without a word.
 */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);
const char *__tsan_default_options(void);

const char *__asan_default_options(void) {
    return "quarantine_size_mb=8:malloc_context_size=2:detect_leaks=1";
}

const char *__ubsan_default_options(void) {
    return "print_stacktrace=1:halt_on_error=1";
}

/* atexit_sleep_ms: by default each process waits a second for its threads; there are none. */
const char *__tsan_default_options(void) {
    return "halt_on_error=1:atexit_sleep_ms=0";
}
