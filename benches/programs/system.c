// The system interface of the benchmarks' programs, inside the module: preview 1 of WASI over files in memory. So a
// program imports nothing, every engine can run it, and only the engine is measured.
//
// The clock advances by a microsecond per reading, random numbers are always the same, standard output is hashed.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define WASI(name) __imported_wasi_snapshot_preview1_##name

enum { SUCCESS = 0, BADF = 8, EXIST = 20, INVAL = 28, NFILE = 41, NOENT = 44, NOSYS = 52, SPIPE = 70 };
enum { FILES = 32, DESCRIPTORS = 32, ROOT = 3 };

typedef struct {
    char name[64];
    int used, linked;
    uint8_t *data;
    uint64_t size, room;
} File;

typedef struct {
    File *file;
    uint64_t at;
} Descriptor;

typedef struct {
    uint32_t data, size;
} Piece;

static File files[FILES];
static Descriptor open_files[DESCRIPTORS];
static uint64_t now = 1000000000, state = 88172645463325252ull;
static uint32_t printed = 0x811c9dc5;

// A hash of everything printed since the last call.
uint32_t system_printed(void) {
    uint32_t hash = printed;
    printed = 0x811c9dc5;
    return hash;
}

static Descriptor *descriptor(int32_t fd) {
    return fd > ROOT && fd < DESCRIPTORS && open_files[fd].file ? &open_files[fd] : NULL;
}

static File *find(const char *name, uint32_t length) {
    for (int i = 0; i < FILES; i++)
        if (files[i].used && files[i].linked && strlen(files[i].name) == length && !memcmp(files[i].name, name, length))
            return &files[i];
    return NULL;
}

static void give_up_unused(File *file) {
    if (file->linked) return;
    for (int i = 0; i < DESCRIPTORS; i++)
        if (open_files[i].file == file) return;
    free(file->data);
    memset(file, 0, sizeof *file);
}

static void resize(File *file, uint64_t size) {
    if (size > file->room) {
        file->room = size * 2 + 4096;
        file->data = realloc(file->data, file->room);
        if (!file->data) abort();
    }
    if (size > file->size) memset(file->data + file->size, 0, size - file->size);
    file->size = size;
}

static uint32_t transfer(File *file, uint64_t at, const Piece *pieces, uint32_t count, int writes) {
    uint32_t total = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t size = pieces[i].size;
        uint8_t *data = (uint8_t *)pieces[i].data;
        if (writes) {
            if (at + size > file->size) resize(file, at + size);
            memcpy(file->data + at, data, size);
        } else {
            uint64_t rest = at < file->size ? file->size - at : 0;
            if (size > rest) size = (uint32_t)rest;
            memcpy(data, file->data + at, size);
        }
        at += size;
        total += size;
    }
    return total;
}

static int32_t stat(const File *file, uint8_t *out) {
    memset(out, 0, 64);
    uint64_t id = file ? 1 + (uint64_t)(file - files) : 0, one = 1;
    memcpy(out + 8, &id, 8);
    out[16] = file ? 4 : 3;
    memcpy(out + 24, &one, 8);
    if (file) memcpy(out + 32, &file->size, 8);
    return SUCCESS;
}

int32_t WASI(args_sizes_get)(int32_t *count, int32_t *size) { return *count = *size = 0, SUCCESS; }
int32_t WASI(args_get)(int32_t a, int32_t b) { return SUCCESS; }
int32_t WASI(environ_sizes_get)(int32_t *count, int32_t *size) { return *count = *size = 0, SUCCESS; }
int32_t WASI(environ_get)(int32_t a, int32_t b) { return SUCCESS; }
int32_t WASI(clock_time_get)(int32_t clock, int64_t precision, uint64_t *time) { return *time = now += 1000, SUCCESS; }
int32_t WASI(clock_res_get)(int32_t clock, uint64_t *time) { return *time = 1000, SUCCESS; }
int32_t WASI(random_get)(uint8_t *out, uint32_t size) {
    for (uint32_t i = 0; i < size; i++) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        out[i] = (uint8_t)state;
    }
    return SUCCESS;
}
_Noreturn void WASI(proc_exit)(int32_t status) { __builtin_trap(); }
int32_t WASI(sched_yield)(void) { return SUCCESS; }
int32_t WASI(poll_oneoff)(int32_t in, int32_t out, int32_t count, int32_t *ready) { return NOSYS; }

int32_t WASI(fd_prestat_get)(int32_t fd, uint32_t *out) {
    if (fd != ROOT) return BADF;
    out[0] = 0, out[1] = 1;
    return SUCCESS;
}
int32_t WASI(fd_prestat_dir_name)(int32_t fd, char *out, int32_t size) { return fd == ROOT ? (*out = '/', SUCCESS) : BADF; }
int32_t WASI(fd_fdstat_get)(int32_t fd, uint8_t *out) {
    if (fd > ROOT && !descriptor(fd)) return BADF;
    memset(out, 0, 24);
    out[0] = fd < ROOT ? 2 : fd == ROOT ? 3 : 4;
    memset(out + 8, 255, 16);
    return SUCCESS;
}
int32_t WASI(fd_fdstat_set_flags)(int32_t fd, int32_t flags) { return SUCCESS; }
int32_t WASI(fd_sync)(int32_t fd) { return SUCCESS; }
int32_t WASI(fd_datasync)(int32_t fd) { return SUCCESS; }
int32_t WASI(fd_close)(int32_t fd) {
    Descriptor *d = descriptor(fd);
    if (!d) return BADF;
    File *file = d->file;
    d->file = NULL;
    give_up_unused(file);
    return SUCCESS;
}
int32_t WASI(fd_seek)(int32_t fd, int64_t by, int32_t from, uint64_t *out) {
    Descriptor *d = descriptor(fd);
    if (!d) return fd < ROOT ? SPIPE : BADF;
    int64_t at = by + (int64_t)(from == 0 ? 0 : from == 1 ? d->at : d->file->size);
    if (at < 0) return INVAL;
    *out = d->at = (uint64_t)at;
    return SUCCESS;
}
int32_t WASI(fd_tell)(int32_t fd, uint64_t *out) { return WASI(fd_seek)(fd, 0, 1, out); }
int32_t WASI(fd_read)(int32_t fd, const Piece *pieces, uint32_t count, uint32_t *out) {
    Descriptor *d = descriptor(fd);
    if (!d) return fd == 0 ? (*out = 0, SUCCESS) : BADF;
    d->at += *out = transfer(d->file, d->at, pieces, count, 0);
    return SUCCESS;
}
int32_t WASI(fd_write)(int32_t fd, const Piece *pieces, uint32_t count, uint32_t *out) {
    Descriptor *d = descriptor(fd);
    if (d) {
        d->at += *out = transfer(d->file, d->at, pieces, count, 1);
        return SUCCESS;
    }
    if (fd != 1 && fd != 2) return BADF;
    *out = 0;
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < pieces[i].size; j++) printed = (printed ^ ((uint8_t *)pieces[i].data)[j]) * 0x01000193;
        *out += pieces[i].size;
    }
    return SUCCESS;
}
int32_t WASI(fd_pread)(int32_t fd, const Piece *pieces, uint32_t count, uint64_t at, uint32_t *out) {
    Descriptor *d = descriptor(fd);
    return d ? (*out = transfer(d->file, at, pieces, count, 0), SUCCESS) : BADF;
}
int32_t WASI(fd_pwrite)(int32_t fd, const Piece *pieces, uint32_t count, uint64_t at, uint32_t *out) {
    Descriptor *d = descriptor(fd);
    return d ? (*out = transfer(d->file, at, pieces, count, 1), SUCCESS) : BADF;
}
int32_t WASI(fd_filestat_get)(int32_t fd, uint8_t *out) {
    Descriptor *d = descriptor(fd);
    return d || fd == ROOT ? stat(d ? d->file : NULL, out) : BADF;
}
int32_t WASI(fd_filestat_set_size)(int32_t fd, uint64_t size) {
    Descriptor *d = descriptor(fd);
    return d ? (resize(d->file, size), SUCCESS) : BADF;
}
int32_t WASI(fd_filestat_set_times)(int32_t fd, int64_t a, int64_t m, int32_t flags) { return SUCCESS; }
int32_t WASI(fd_readdir)(int32_t fd, int32_t out, int32_t size, int64_t cookie, uint32_t *used) { return NOSYS; }
int32_t WASI(path_filestat_get)(int32_t fd, int32_t flags, const char *name, uint32_t length, uint8_t *out) {
    File *file = find(name, length);
    if (!file && length == 1 && *name == '.') return stat(NULL, out);
    return file ? stat(file, out) : NOENT;
}
int32_t WASI(path_unlink_file)(int32_t fd, const char *name, uint32_t length) {
    File *file = find(name, length);
    if (!file) return NOENT;
    file->linked = 0;
    give_up_unused(file);
    return SUCCESS;
}
static File *make(const char *name, uint32_t length) {
    for (int i = 0; i < FILES; i++) {
        if (files[i].used) continue;
        memcpy(files[i].name, name, length);
        files[i].used = files[i].linked = 1;
        return &files[i];
    }
    return NULL;
}

int32_t WASI(path_open)(int32_t fd, int32_t look, const char *name, uint32_t length, int32_t how, int64_t rights,
                        int64_t inherited, int32_t flags, int32_t *out) {
    File *file = find(name, length);
    if (file && (how & 1) && (how & 4)) return EXIST;
    int32_t free_one = ROOT + 1;
    while (free_one < DESCRIPTORS && open_files[free_one].file) free_one++;
    if (free_one == DESCRIPTORS || length >= sizeof file->name) return NFILE;
    if (!file) {
        if (!(how & 1)) return NOENT;
        if (!(file = make(name, length))) return NFILE;
    }
    if (how & 8) file->size = 0;
    open_files[free_one] = (Descriptor){file, 0};
    *out = free_one;
    return SUCCESS;
}
int32_t WASI(path_readlink)(int32_t fd, int32_t p, int32_t n, int32_t out, int32_t size, int32_t *used) { return INVAL; }
// SQLite locks a file by making a folder beside it.
int32_t WASI(path_create_directory)(int32_t fd, const char *name, uint32_t length) {
    if (length >= sizeof files->name) return NFILE;
    return find(name, length) ? EXIST : make(name, length) ? SUCCESS : NFILE;
}
int32_t WASI(path_remove_directory)(int32_t fd, const char *name, uint32_t length) {
    return WASI(path_unlink_file)(fd, name, length);
}
int32_t WASI(path_rename)(int32_t fd, int32_t p, int32_t n, int32_t to, int32_t q, int32_t m) { return NOSYS; }
int32_t WASI(path_filestat_set_times)(int32_t fd, int32_t f, int32_t p, int32_t n, int64_t a, int64_t m, int32_t w) {
    return SUCCESS;
}
