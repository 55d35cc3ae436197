// ci/workload_sqlite.c, with `main` renamed, and `n` rows.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int workload_main(int argc, char **argv);
uint32_t system_printed(void);

__attribute__((export_name("run"))) int run(int rows) {
    char text[16];
    snprintf(text, sizeof text, "%d", rows);
    char *argv[] = {"sqlite", "/work.db", text, NULL};
    if (workload_main(3, argv) != 0) abort();
    fflush(stdout);
    return (int)system_printed();
}
