// A driver for an engine with the standard C interface, wasm.h: a process through which wasmoon judges it. The protocol is
// described in docs/engines.md.
//
//     cc -O2 -DNAME='"mine"' driver.c -o driver -l...
//     wasmoon test i32 --engine cmd:./driver
//
// The interface says neither why a module is rejected nor what kind of trap it was: see `TRAPS`.

#define _GNU_SOURCE
#include "wasm.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef NAME
#define NAME "c-api"
#endif

// The engine's words, and a message of the specification that they may stand for. The same words may be in several rows.
static const struct { const char *words, *message; } TRAPS[] = {
    {"unreachable", "unreachable"},
    {"out of bounds memory access", "out of bounds memory access"},
    {"out of bounds table access", "out of bounds table access"},
    {"undefined element", "undefined element"},
    {"uninitialized element", "uninitialized element"},
    {"indirect call type mismatch", "indirect call type mismatch"},
    {"integer divide by zero", "integer divide by zero"},
    {"integer overflow", "integer overflow"},
    {"invalid conversion to integer", "invalid conversion to integer"},
    {"unaligned atomic", "unaligned atomic"},
    {"null reference", "null reference"},
    {"null reference", "null function reference"},
    {"null reference", "null structure reference"},
    {"null reference", "null array reference"},
    {"null reference", "null i31 reference"},
    {"null reference", "null exception reference"},
    {"out of bounds array access", "out of bounds array access"},
    {"cast failure", "cast failure"},
    {"allocation size too large", "allocation size too large"},
    {"atomic wait on non-shared memory", "expected shared memory"},
};
// The engine's words for an exhausted stack, and for an uncaught exception.
static const char *const EXHAUSTED = "call stack exhausted", *const EXCEPTION = "thrown Wasm exception";
// What precedes the cause in the engine's words. The part before it may contain function names, which are arbitrary.
static const char *const CAUSE = "\n\nCaused by:\n";

static void fail(const char *what) {
    fprintf(stderr, "driver: %s\n", what);
    exit(1);
}

static void *need(void *pointer) {
    if (!pointer) fail("out of memory");
    return pointer;
}

// JSON: a value of a request, with its members or elements in a list.
typedef struct json {
    char *name, *text;
    size_t size; // of the text, which may contain zeros, and is followed by one
    uint64_t number;
    struct json *first, *next;
} json;

static char *at;

static void skip(void) { at += strspn(at, " \t\r\n,:"); }

static unsigned four(void) {
    char digits[5] = {0};
    memcpy(digits, at + 1, 4);
    at += 4;
    return (unsigned)strtoul(digits, NULL, 16);
}

static char *string(size_t *size) {
    char *text = need(malloc(strlen(at) + 1)), *end = text;
    for (at++; *at && *at != '"'; at++) {
        if (*at != '\\') { *end++ = *at; continue; }
        const char *escapes = "b\bf\fn\nr\rt\t", *found = strchr(escapes, *++at);
        if (*at != 'u') { *end++ = found && found[1] ? found[1] : *at; continue; }
        unsigned c = four();
        // The judge escapes only control characters.
        *end++ = (char)c;
    }
    *end = 0;
    *size = (size_t)(end - text);
    at++;
    return text;
}

static json *value(void) {
    json *made = need(calloc(1, sizeof *made)), **last = &made->first;
    skip();
    if (*at == '"') {
        made->text = string(&made->size);
    } else if (*at == '{' || *at == '[') {
        char close = *at == '{' ? '}' : ']';
        size_t size;
        for (at++, skip(); *at && *at != close; skip()) {
            char *name = close == '}' ? string(&size) : NULL;
            *last = value();
            (*last)->name = name;
            last = &(*last)->next;
        }
        at++;
    } else {
        made->number = strtoull(at, NULL, 10);
        at += strcspn(at, ",]}");
    }
    return made;
}

static void forget(json *value) {
    for (; value;) {
        json *next = value->next;
        forget(value->first);
        free(value->name), free(value->text), free(value);
        value = next;
    }
}

static const json *member(const json *of, const char *name) {
    for (const json *it = of->first; it; it = it->next)
        if (it->name && !strcmp(it->name, name)) return it;
    fail(name);
    return NULL;
}
static uint64_t number(const json *of, const char *name) { return member(of, name)->number; }
static const char *text(const json *of, const char *name) { return member(of, name)->text; }

static size_t unhex(const char *digits, char *bytes) {
    size_t size = 0;
    for (; digits[0] && digits[1]; digits += 2) {
        char byte[3] = {digits[0], digits[1], 0};
        bytes[size++] = (char)strtoul(byte, NULL, 16);
    }
    return size;
}

// Modules and instances, by number.
typedef struct { wasm_shared_module_t *shared; } module;
typedef struct { wasm_instance_t *instance; wasm_extern_vec_t items; wasm_exporttype_vec_t types; } instance;

static wasm_engine_t *engine;
static wasm_store_t *store;
static module *modules;
static instance *instances;
static size_t most_modules, most_instances;

#define PLACE(all, most, number) \
    for (; (number) >= most; most = 2 * most + 64) { \
        all = need(realloc(all, (2 * most + 64) * sizeof *all)); \
        memset(all + most, 0, (most + 64) * sizeof *all); \
    }

// Ends of steps.
static void quoted(const char *text, size_t size) {
    putchar('"');
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\') putchar('\\'), putchar(c);
        else if (c < 32 || c == 127) putchar(' ');
        else putchar(c);
    }
    putchar('"');
}
static void done(void) { fputs("\"done\"", stdout); }
static void end(const char *kind, const char *words) {
    printf("{\"%s\":", kind);
    quoted(words, strlen(words));
    putchar('}');
}

// The interface has one kind of error for everything that may go wrong. `otherwise` is the end for words that match no trap.
static void trapped(wasm_trap_t *trap, const char *otherwise) {
    wasm_message_t message;
    wasm_trap_message(trap, &message);
    char *words = need(strndup(message.data, message.size));
    wasm_byte_vec_delete(&message);
    wasm_trap_delete(trap);
    const char *cause = strstr(words, CAUSE);
    if (cause) {
        cause += strlen(CAUSE);
        cause += strspn(cause, " ");
        memmove(words, cause, strlen(cause) + 1);
    }
    const size_t all = sizeof TRAPS / sizeof *TRAPS;
    size_t first = 0;
    while (first < all && !strcasestr(words, TRAPS[first].words)) first++;
    if (strcasestr(words, EXHAUSTED)) {
        fputs("\"exhausted\"", stdout);
    } else if (strcasestr(words, EXCEPTION)) {
        fputs("\"exception\"", stdout);
    } else if (first == all && otherwise) {
        end(otherwise, words);
    } else {
        fputs("{\"trap\":[[", stdout);
        for (size_t i = first; i < all; i++)
            if (strcasestr(words, TRAPS[i].words)) printf("%s\"%s\"", i > first ? "," : "", TRAPS[i].message);
        fputs("],", stdout);
        quoted(words, strlen(words));
        fputs("]}", stdout);
    }
    free(words);
}

static bool named(const wasm_name_t *name, const json *text) {
    return name->size == text->size && !memcmp(name->data, text->text, name->size);
}

static wasm_extern_t *item(uint64_t number, const json *name) {
    if (number >= most_instances || !instances[number].instance) return NULL;
    instance *of = &instances[number];
    for (size_t i = 0; i < of->items.size; i++)
        if (named(wasm_exporttype_name(of->types.data[i]), name)) return of->items.data[i];
    return NULL;
}

static void reset(void) {
    for (size_t i = 0; i < most_instances; i++) {
        if (!instances[i].instance) continue;
        wasm_exporttype_vec_delete(&instances[i].types);
        wasm_extern_vec_delete(&instances[i].items);
        wasm_instance_delete(instances[i].instance);
        instances[i].instance = NULL;
    }
    if (store) wasm_store_delete(store);
    store = need(wasm_store_new(engine));
}

static void compile(const json *step) {
    const char *digits = text(step, "bytes");
    uint64_t place = number(step, "module");
    wasm_byte_vec_t bytes = {0, need(malloc(strlen(digits) / 2 + 1))};
    bytes.size = unhex(digits, bytes.data);
    wasm_module_t *made = wasm_module_new(store, &bytes);
    free(bytes.data);
    if (!made) return end("refused", "the module is rejected");
    PLACE(modules, most_modules, place);
    modules[place].shared = wasm_module_share(made);
    wasm_module_delete(made);
    done();
}

static void instantiate(const json *step) {
    uint64_t from = number(step, "module"), place = number(step, "instance");
    if (from >= most_modules || !modules[from].shared) return end("error", "no such module");
    wasm_module_t *made = need(wasm_module_obtain(store, modules[from].shared));
    wasm_importtype_vec_t types;
    wasm_module_imports(made, &types);
    wasm_extern_vec_t imports = {types.size, need(calloc(types.size + 1, sizeof *imports.data))};
    bool linked = true;
    for (size_t i = 0; i < types.size; i++) {
        for (const json *it = member(step, "imports")->first; it; it = it->next) {
            const json *outer = it->first, *name = outer->next;
            if (named(wasm_importtype_module(types.data[i]), outer) && named(wasm_importtype_name(types.data[i]), name))
                imports.data[i] = item(name->next->number, name);
        }
        linked = linked && imports.data[i];
    }
    wasm_importtype_vec_delete(&types);
    wasm_trap_t *trap = NULL;
    wasm_instance_t *instance = linked ? wasm_instance_new(store, made, &imports, &trap) : NULL;
    free(imports.data);
    if (instance) {
        PLACE(instances, most_instances, place);
        instances[place].instance = instance;
        wasm_instance_exports(instance, &instances[place].items);
        wasm_module_exports(made, &instances[place].types);
        done();
    } else if (trap) {
        trapped(trap, "refused");
    } else {
        end("refused", "it cannot be linked");
    }
    wasm_module_delete(made);
}

static void call(const json *step) {
    wasm_extern_t *found = item(number(step, "instance"), member(step, "export"));
    wasm_func_t *function = found ? wasm_extern_as_func(found) : NULL;
    if (!function) return end("error", "no such function");
    wasm_val_t result = {0};
    wasm_val_vec_t none = {0, NULL}, results = {wasm_func_result_arity(function), &result};
    wasm_trap_t *trap = wasm_func_call(function, &none, &results);
    if (trap) return trapped(trap, NULL);
    if (!results.size) return done();
    uint64_t bits = result.kind == WASM_I32 ? (uint32_t)result.of.i32 : (uint64_t)result.of.i64;
    printf("{\"value\":\"%llu\"}", (unsigned long long)bits);
}

// Reads or writes.
static void copy(const json *step, bool reads) {
    wasm_extern_t *found = item(number(step, "instance"), member(step, "memory"));
    wasm_memory_t *memory = found ? wasm_extern_as_memory(found) : NULL;
    if (!memory) return end("error", "no such memory");
    uint64_t from = number(step, "at");
    uint64_t size = reads ? number(step, "len") : strlen(text(step, "bytes")) / 2;
    if (from + size > wasm_memory_data_size(memory)) return end("error", "beyond the end of a memory");
    char *bytes = wasm_memory_data(memory) + from;
    if (!reads) return unhex(text(step, "bytes"), bytes), done();
    fputs("{\"bytes\":\"", stdout);
    for (uint64_t i = 0; i < size; i++) printf("%02x", (unsigned char)bytes[i]);
    fputs("\"}", stdout);
}

static void take(const json *step) {
    const char *op = text(step, "op");
    if (!strcmp(op, "module")) return compile(step);
    if (!strcmp(op, "instance")) return instantiate(step);
    if (!strcmp(op, "call")) return call(step);
    if (!strcmp(op, "write")) return copy(step, false);
    if (!strcmp(op, "read")) return copy(step, true);
    if (!strcmp(op, "reset")) reset();
    if (!strcmp(op, "forget")) {
        for (const json *it = member(step, "modules")->first; it; it = it->next) {
            if (it->number >= most_modules || !modules[it->number].shared) continue;
            wasm_shared_module_delete(modules[it->number].shared);
            modules[it->number].shared = NULL;
        }
    }
    // "limits" needs nothing: the interface has none.
    done();
}

int main(void) {
    engine = need(wasm_engine_new());
    reset();
    puts("{\"protocol\":3,\"name\":\"" NAME "\",\"version\":\"through wasm.h\"}");
    fflush(stdout);
    char *line = NULL;
    for (size_t size = 0; getline(&line, &size, stdin) > 0;) {
        at = line;
        json *request = value();
        printf("{\"id\":%llu,\"ends\":[", (unsigned long long)number(request, "id"));
        if (!strcmp(text(request, "op"), "steps")) {
            for (const json *step = member(request, "steps")->first; step; step = step->next) {
                take(step);
                if (step->next) putchar(',');
            }
        } else {
            end("unsupported", "programs");
        }
        puts("]}");
        fflush(stdout);
        forget(request);
    }
    free(line);
    return 0;
}
