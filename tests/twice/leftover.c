/* What `twice --leftover` must notice: code under coverage that something of the last run leads astray. */
void leftover(void);

void leftover(void) {
    static volatile unsigned runs;
    static volatile unsigned odd;
    if (runs++ % 2 != 0)
        odd++;
}
