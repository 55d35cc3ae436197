// A plug-in for QEMU's emulator of user programs: counts the instructions that a program executes, and writes their
// number to the standard error at its end.
//
// What it uses of the emulator's interface is declared here, so that it needs no header: see the manual's "QEMU TCG
// Plugins". VERSION is the interface's, which an emulator accepts if it has it or still knows it.

#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define EXPORTED __attribute__((visibility("default")))

struct qemu_plugin_tb;
typedef uint64_t qemu_plugin_id_t;
typedef void (*on_translation)(qemu_plugin_id_t, struct qemu_plugin_tb *);
typedef void (*on_execution)(unsigned cpu, void *data);
typedef void (*on_exit)(qemu_plugin_id_t, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, on_translation);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *, on_execution, int flags, void *data);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, on_exit, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);

EXPORTED int qemu_plugin_version = VERSION;

static uint64_t count;

static void execute(unsigned cpu, void *data) {
    __atomic_fetch_add(&count, (uintptr_t)data, __ATOMIC_RELAXED);
}

static void translate(qemu_plugin_id_t id, struct qemu_plugin_tb *block) {
    uintptr_t instructions = qemu_plugin_tb_n_insns(block);
    // No registers are read.
    qemu_plugin_register_vcpu_tb_exec_cb(block, execute, 0, (void *)instructions);
}

static void end(qemu_plugin_id_t id, void *data) {
    fprintf(stderr, "instructions: %" PRIu64 "\n", count);
}

EXPORTED int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv) {
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    qemu_plugin_register_atexit_cb(id, end, NULL);
    return 0;
}
