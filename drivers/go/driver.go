// A driver for an engine with the standard C interface, wasm.h: a process through which wasmoon judges it. The
// protocol is described in docs/engines.md.
//
//	CGO_LDFLAGS=-l... go build -ldflags "-X main.name=mine -X main.version=1.2"
//	wasmoon test core::i32 --engine cmd:./driver
package main

// #cgo CFLAGS: -I${SRCDIR}/../c
// #include <stdlib.h>
// #include "wasm.h"
import "C"

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"runtime"
	"strings"
	"unsafe"
)

// What the driver says it is; the linker sets it.
var name, version = "c-api", ""

// wasmtime's words for a trap, and the messages of the specification that they may stand for. Several rows may fit.
var traps = []struct {
	words    string
	messages []string
}{
	{"`unreachable`", []string{"unreachable"}},
	{"out of bounds memory access", []string{"out of bounds memory access"}},
	{"out of bounds table access", []string{"out of bounds table access"}},
	{"out of bounds array access", []string{"out of bounds array access"}},
	{"undefined element", []string{"undefined element"}},
	{"uninitialized element", []string{"uninitialized element"}},
	{"indirect call type mismatch", []string{"indirect call type mismatch"}},
	{"integer divide by zero", []string{"integer divide by zero"}},
	{"integer overflow", []string{"integer overflow"}},
	{"invalid conversion to integer", []string{"invalid conversion to integer"}},
	{"cast failure", []string{"cast failure"}},
	{"unaligned atomic", []string{"unaligned atomic"}},
	{"allocation size too large", []string{"allocation size too large"}},
	{"atomic wait on non-shared memory", []string{"expected shared memory"}},
	{"null reference", []string{"null reference", "null function reference", "null exception reference",
		"null structure reference", "null array reference", "null i31 reference"}},
}

type request struct {
	Op    string
	Id    uint64
	Steps []step
}

// The fields of all steps.
type step struct {
	Op       string
	Module   uint64
	Modules  []uint64
	Instance uint64
	Imports  []provided
	Export   string
	Memory   any // The name of an export; or a limit.
	At, Len  uint64
	Bytes    hexadecimal
}

type hexadecimal []byte

func (h *hexadecimal) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// The module name and the name of an import.
type importName [2]string

type provided struct {
	name     importName
	instance uint64
}

func (p *provided) UnmarshalJSON(text []byte) error {
	return json.Unmarshal(text, &[]any{&p.name[0], &p.name[1], &p.instance})
}

type module struct {
	shared  *C.wasm_shared_module_t
	imports []importName
	exports []string
}

type instance struct {
	owned   C.wasm_extern_vec_t
	exports map[string]export
}

// An export; as a function or as a memory, if it is one.
type export struct {
	extern   *C.wasm_extern_t
	function *C.wasm_func_t
	memory   *C.wasm_memory_t
}

type driver struct {
	engine    *C.wasm_engine_t
	store     *C.wasm_store_t
	modules   map[uint64]module
	instances map[uint64]instance
}

// Executes a step, and returns how it ended.
func (d *driver) take(s step) any {
	switch s.Op {
	case "module":
		return d.compile(s)
	case "instance":
		return d.instantiate(s)
	case "call":
		return d.call(s)
	case "write", "read":
		return d.copy(s)
	case "reset":
		d.reset()
	case "forget":
		for _, number := range s.Modules {
			if m, known := d.modules[number]; known {
				C.wasm_shared_module_delete(m.shared)
				delete(d.modules, number)
			}
		}
	case "limits": // The interface has none.
	default:
		return end("error", "unknown step %q", s.Op)
	}
	return "done"
}

func (d *driver) compile(s step) any {
	binary := C.wasm_byte_vec_t{size: C.size_t(len(s.Bytes)), data: (*C.char)(C.CBytes(s.Bytes))}
	defer C.free(unsafe.Pointer(binary.data))
	compiled := C.wasm_module_new(d.store, &binary)
	if compiled == nil {
		return end("refused", "the interface does not say why")
	}
	defer C.wasm_module_delete(compiled)
	m := module{shared: C.wasm_module_share(compiled)}
	var imports C.wasm_importtype_vec_t
	C.wasm_module_imports(compiled, &imports)
	defer C.wasm_importtype_vec_delete(&imports)
	for _, i := range unsafe.Slice(imports.data, imports.size) {
		m.imports = append(m.imports, importName{text(C.wasm_importtype_module(i)), text(C.wasm_importtype_name(i))})
	}
	var exports C.wasm_exporttype_vec_t
	C.wasm_module_exports(compiled, &exports)
	defer C.wasm_exporttype_vec_delete(&exports)
	for _, e := range unsafe.Slice(exports.data, exports.size) {
		m.exports = append(m.exports, text(C.wasm_exporttype_name(e)))
	}
	d.modules[s.Module] = m
	return "done"
}

func (d *driver) instantiate(s step) any {
	m, known := d.modules[s.Module]
	if !known {
		return end("error", "unknown module %d", s.Module)
	}
	providers := map[importName]uint64{}
	for _, p := range s.Imports {
		providers[p.name] = p.instance
	}
	var imports C.wasm_extern_vec_t
	if imports.size = C.size_t(len(m.imports)); imports.size > 0 {
		// C must not be given Go memory that contains pointers.
		imports.data = (**C.wasm_extern_t)(C.calloc(imports.size, C.size_t(unsafe.Sizeof(*imports.data))))
		defer C.free(unsafe.Pointer(imports.data))
	}
	for i, name := range m.imports {
		number, known := providers[name]
		if !known {
			return end("refused", "nothing provides %q %q", name[0], name[1])
		}
		provider, known := d.instances[number]
		if !known {
			return end("error", "unknown instance %d", number)
		}
		export, known := provider.exports[name[1]]
		if !known {
			return end("refused", "instance %d does not export %q", number, name[1])
		}
		unsafe.Slice(imports.data, imports.size)[i] = export.extern
	}
	compiled := C.wasm_module_obtain(d.store, m.shared)
	defer C.wasm_module_delete(compiled)
	var trap *C.wasm_trap_t
	handle := C.wasm_instance_new(d.store, compiled, &imports, &trap)
	if trap != nil {
		return trapped(trap, true)
	} else if handle == nil {
		return end("refused", "the interface does not say why")
	}
	defer C.wasm_instance_delete(handle)
	i := instance{exports: map[string]export{}}
	C.wasm_instance_exports(handle, &i.owned)
	for index, e := range unsafe.Slice(i.owned.data, i.owned.size) {
		i.exports[m.exports[index]] = export{e, C.wasm_extern_as_func(e), C.wasm_extern_as_memory(e)}
	}
	d.instances[s.Instance] = i
	return "done"
}

func (d *driver) call(s step) any {
	function := d.instances[s.Instance].exports[s.Export].function
	if function == nil {
		return end("error", "instance %d has no function %q", s.Instance, s.Export)
	}
	result := (*C.wasm_val_t)(C.calloc(1, C.sizeof_wasm_val_t))
	defer C.free(unsafe.Pointer(result))
	results := C.wasm_val_vec_t{size: C.wasm_func_result_arity(function), data: result}
	if results.size > 1 {
		return end("error", "%q has %d results", s.Export, results.size)
	}
	if trap := C.wasm_func_call(function, &C.wasm_val_vec_t{}, &results); trap != nil {
		return trapped(trap, false)
	}
	switch bits := unsafe.Pointer(&result.of); {
	case results.size == 0:
		return "done"
	case result.kind == C.WASM_I32:
		return end("value", "%d", *(*uint32)(bits))
	case result.kind == C.WASM_I64:
		return end("value", "%d", *(*uint64)(bits))
	}
	return end("error", "the result of %q is neither an i32 nor an i64", s.Export)
}

func (d *driver) copy(s step) any {
	name, _ := s.Memory.(string)
	memory := d.instances[s.Instance].exports[name].memory
	if memory == nil {
		return end("error", "instance %d has no memory %q", s.Instance, name)
	}
	length := s.Len + uint64(len(s.Bytes)) // A step has only one of the two.
	size := uint64(C.wasm_memory_data_size(memory))
	if s.At > size || length > size-s.At {
		return end("error", "%d bytes at %d of a memory of %d", length, s.At, size)
	}
	part := unsafe.Slice((*byte)(unsafe.Pointer(C.wasm_memory_data(memory))), size)[s.At : s.At+length]
	if s.Op == "read" {
		return end("bytes", "%s", hex.EncodeToString(part))
	}
	copy(part, s.Bytes)
	return "done"
}

func (d *driver) reset() {
	for number, i := range d.instances {
		C.wasm_extern_vec_delete(&i.owned)
		delete(d.instances, number)
	}
	C.wasm_store_delete(d.store)
	d.store = C.wasm_store_new(d.engine)
}

// How a step that traps ends. An instance that cannot be linked also gives a trap.
func trapped(trap *C.wasm_trap_t, linking bool) any {
	defer C.wasm_trap_delete(trap)
	var message C.wasm_message_t
	C.wasm_trap_message(trap, &message)
	defer C.wasm_byte_vec_delete(&message)
	words := strings.TrimRight(text(&message), "\x00")
	// Before the cause, wasmtime's words contain function names, which are arbitrary.
	if _, cause, found := strings.Cut(words, "\n\nCaused by:\n"); found {
		words = strings.TrimSpace(cause)
	}
	may := []string{}
	for _, t := range traps {
		if strings.Contains(words, t.words) {
			may = append(may, t.messages...)
		}
	}
	switch {
	case strings.Contains(words, "call stack exhausted"):
		return "exhausted"
	case strings.Contains(words, "thrown Wasm exception"):
		return "exception"
	case linking && strings.Contains(words, "shared memory support is disabled"):
		return end("unsupported", "%s", words)
	case linking && len(may) == 0:
		return end("refused", "%s", words)
	}
	return map[string]any{"trap": []any{may, words}}
}

// An end with something to show, as {"value": "42"}.
func end(kind, format string, arguments ...any) any {
	return map[string]string{kind: fmt.Sprintf(format, arguments...)}
}

func text(name *C.wasm_name_t) string {
	return C.GoStringN(name.data, C.int(name.size))
}

func main() {
	// An engine may keep its trap handlers per thread.
	runtime.LockOSThread()
	d := driver{engine: C.wasm_engine_new(), modules: map[uint64]module{}, instances: map[uint64]instance{}}
	d.store = C.wasm_store_new(d.engine)
	requests, answers := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	say := func(line any) {
		if err := answers.Encode(line); err != nil {
			log.Fatalf("driver: an answer: %v", err)
		}
	}
	say(map[string]any{"protocol": 3, "name": name, "version": version})
	for {
		var r request
		if err := requests.Decode(&r); err == io.EOF {
			return
		} else if err != nil {
			log.Fatalf("driver: a request: %v", err)
		}
		ends := make([]any, len(r.Steps))
		for i, s := range r.Steps {
			ends[i] = d.take(s)
		}
		if r.Op != "steps" {
			ends = []any{end("unsupported", "requests %q", r.Op)}
		}
		say(map[string]any{"id": r.Id, "ends": ends})
	}
}
