//! The bugs, one entry each.

/// A way in which a bug is found without a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Means {
    /// The official testsuite.
    Suite,
    /// The scripts of `wast-extra/`.
    Extra,
    /// The SSA verifier, after each pass.
    Verifier,
    /// The checker of register allocations, and the one of what emitted instructions read and write.
    Checker,
    /// Random modules.
    Smith,
}

impl Means {
    pub const ALL: [Means; 5] = [Means::Suite, Means::Extra, Means::Verifier, Means::Checker, Means::Smith];

    /// As the command line and the table in the documentation write it.
    pub fn name(self) -> &'static str {
        match self {
            Means::Suite => "suite",
            Means::Extra => "wast-extra",
            Means::Verifier => "verifier",
            Means::Checker => "checker",
            Means::Smith => "smith",
        }
    }
}

/// A bug of the museum.
#[derive(Debug)]
pub struct Entry {
    pub bug: Bug,
    pub name: &'static str,
    /// The stage that is at fault, by the name that bisection gives it: `frontend`, `construct` (folding), a pass, `lowering`, `regalloc`,
    /// `emission`, `runtime`.
    pub stage: &'static str,
    /// Where it happened: an advisory, an issue, a fix.
    pub source: &'static str,
    /// What is planted, exactly.
    pub plant: &'static str,
    /// Who must find it; others may.
    pub finders: &'static [Means],
}

impl Entry {
    /// Whether this is the stage at fault. Instruction selection and emission cannot be told apart by executing: both are
    /// `lowering` to bisection.
    pub fn is_stage(&self, named: &str) -> bool {
        named == self.stage || named == "lowering" && self.stage == "emission"
    }
}

macro_rules! bugs {
    ($($variant:ident $name:literal $stage:literal [$($finder:ident)*] $source:literal $plant:literal;)*) => {
        /// A historic kind of miscompilation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Bug { $(#[doc = $plant] $variant,)* }

        /// All of them.
        pub static BUGS: &[Entry] = &[$(Entry {
            bug: Bug::$variant,
            name: $name,
            stage: $stage,
            source: $source,
            plant: $plant,
            finders: &[$(Means::$finder),*],
        }),*];
    };
}

bugs! {
    // Register allocation. Planted behind the checker, which would see them at once.
    FixedArgument "fixed-argument" "regalloc" [Extra]
        "Milky2018/wasmoon#292, fixed in #362: an argument was taken to be still in its register"
        "The move that brings a value back to the register that a call with three to five arguments in registers fixes \
         for it is dropped, if it once was there, was moved away, and the register was used again since.";
    LostCycleMove "lost-cycle-move" "regalloc" [Extra]
        "Milky2018/wasmoon#362: parallel moves whose cycle lost its scratch register"
        "Of moves that form a cycle the last one, from the scratch register, is dropped.";

    // WebAssembly to SSA.
    HandlerLocals "handler-locals" "frontend" [Extra]
        "wazero/wazero#2503: a handler saw the locals as they were when its try_table was entered"
        "A landing block passes the locals as they were at the head of the innermost try_table.";
    HandlerTarget "handler-target" "frontend" [Extra]
        "wasmerio/wasmer#5719: of several catch clauses with one target only the first counted"
        "A catch clause is dropped if an earlier one goes to the same label.";
    SignatureIndex "signature-index" "frontend" [Suite]
        "bytecodealliance/lucet#158: call_indirect compared indices of types, not the types"
        "call_indirect to a type that an earlier one equals always finds another signature.";
    WideExpected "wide-expected" "frontend" [Extra]
        "Samsung/walrus#344: narrow compare-exchanges with an expected value of more bits"
        "A narrow compare-exchange compares all bits of the expected value, which is to be wrapped.";
    TruncationBound "truncation-bound" "frontend" [Suite Extra]
        "WebAssembly/spec#1224: engines disagreed on what is just below the least i32"
        "i32.trunc_f64_s refuses what is below -2147483648.0 instead of what truncates below it.";
    AddressWraps "address-wraps" "frontend" [Extra]
        "WebAssembly/wabt#2785: 64-bit addresses and offsets were added before the check"
        "In a memory of 64-bit addresses, the sum of address and static offset is checked, which may have wrapped around.";
    FillAddress "fill-address" "frontend" [Extra]
        "wasm-micro-runtime#4689: memory.fill truncated 64-bit addresses"
        "memory.fill uses the low 32 bits of a 64-bit address.";
    TableIndex "table-index" "frontend" [Extra]
        "WebAssembly/wabt#2732, #2733, #2760: indices of 64-bit tables were truncated before the check"
        "An access to a table of 64-bit indices, or a call through it, uses the low 32 bits of its index.";
    PageShift "page-shift" "frontend" [Suite Extra]
        "WebAssembly/binaryen#7694 describes the case: the size of a page is the memory's, and had been a constant"
        "memory.size counts pages of 64 KiB, whatever size the memory's pages have.";
    CopyMemories "copy-memories" "frontend" [Suite Extra]
        "WasmEdge/WasmEdge#5074: memory.copy took what belongs to its source for its target's"
        "memory.copy from one memory to another copies the other way.";
    NegatedAddend "negated-addend" "frontend" [Extra]
        "WebAssembly/relaxed-simd#124: relaxed_nmadd was believed to negate its last operand"
        "relaxed_nmadd negates what is added, not the product.";
    ConstantDifference "constant-difference" "frontend" [Suite Extra]
        "Milky2018/wasmoon#354: arithmetic in constant expressions was evaluated wrongly without a word"
        "A subtraction in a constant expression exchanges its operands.";
    TableOperands "table-operands" "frontend" [Extra]
        "bytecodealliance/wasmtime#10613: br_table to a label that takes several values"
        "Where br_table goes to a label that takes several operands, the first one is the lowest since the label's block began.";
    HintFlip "hint-flip" "frontend" [Extra]
        "WebAssembly/binaryen#7711 describes the case: whoever turns an if around turns its hint, too"
        "The branches of an if whose condition is said to be unlikely change places, and the condition is left as it is.";
    WaitOffset "wait-offset" "frontend" [Extra]
        "turbolent/w2c2#150: wait and notify ignored static offsets"
        "memory.atomic.wait ignores its static offset.";
    DelegateDepth "delegate-depth" "frontend" [Extra]
        "WebAssembly/wabt#1675: labels of delegate were resolved one off"
        "delegate counts its label from inside of its own try, and so leaves out one try too few.";
    RethrowInnermost "rethrow-innermost" "frontend" [Extra]
        "llvm/llvm-project#114600, dart-lang/sdk#59981: rethrow in nested clauses threw the wrong exception"
        "rethrow throws the exception of the innermost clause, whichever it names.";
    PayloadSlots "payload-slots" "frontend" [Extra]
        "WebKit/WebKit#29765, #51653: payloads of exceptions were taken to have 64 bits a value"
        "A handler reads what follows a v128 in the payload 8 bytes behind its beginning.";
    NullOnBranch "null-on-branch" "frontend" [Extra]
        "WebAssembly/binaryen#5887 describes the case: what br_on_non_null tells of its operand on either way"
        "Where br_on_non_null goes on, its operand is taken not to be null.";
    CastOfNull "cast-of-null" "frontend" [Extra]
        "WebAssembly/binaryen#5398: a cast was taken to succeed by its heap type, and null went through"
        "A cast that the static type decides is dropped although the reference may be null and the target may not.";
    PackedSign "packed-sign" "frontend" [Suite Extra]
        "WebAssembly/binaryen#6484: signed reads of packed fields lost their extension"
        "A signed read of a 16-bit field or element is zero-extended.";
    I31Sign "i31-sign" "frontend" [Suite Extra]
        "titzer/wizard-engine#509, #510: integers of 31 bits lost their extension"
        "i31.get_s extends with zeros.";
    SubtypeDepth "subtype-depth" "frontend" [Suite Extra]
        "WebKit/WebKit#6713 describes the case: the lists of supertypes by which casts are decided"
        "A test for a type that may have subtypes, and has a supertype, is one for that.";
    DescriptorByType "descriptor-by-type" "frontend" [Extra]
        "WebAssembly/binaryen#7718 describes the case: types alone do not decide a cast by descriptor"
        "A cast by descriptor to what the static type says already succeeds for all but null.";
    HandlerNumber "handler-number" "frontend" [Extra]
        "titzer/wizard-engine#213 and its kin: a suspension arrived at another handler than its own"
        "The first two handlers of a resume that has several go to each other's labels.";

    // Folding, done while the frontend builds.
    FoldShift "fold-shift" "construct" [Extra]
        "Milky2018/wasmoon#365: 32-bit bit operations done in 64 bits"
        "A 32-bit shr_u of constants is done on the sign-extended value in 64 bits.";
    FoldDivision "fold-division" "construct" [Extra]
        "Milky2018/wasmoon#365 and its kin: 32-bit arithmetic done in 64 bits"
        "A 32-bit div_u of constants is done on sign-extended values in 64 bits.";
    FoldRemainder "fold-remainder" "construct" [Extra]
        "wasm-micro-runtime#1213: remainders of 32-bit values in the fast JIT"
        "A 32-bit rem_u of constants is done on sign-extended values in 64 bits.";
    FoldMinZero "fold-min-zero" "construct" [Extra]
        "WebKit/WebKit#63326: min and max of constants were folded by comparing, and lost -0"
        "min of equal constants folds to the first one.";
    NarrowedComparison "narrowed-comparison" "construct" [Extra]
        "bytecodealliance/cranelift#830: comparisons simplified without regard to their sign"
        "A signed 64-bit comparison of zero-extended values becomes one in 32 bits.";

    // Passes.
    ExtensionKey "extension-key" "gvn" [Extra]
        "LOICollectionA#39: the key of common subexpressions forgot an operand of the operation"
        "extend16_s is taken for the extend8_s of the same value, if that dominates it.";
    CheckAtJoin "check-at-join" "gvn" [Suite Extra]
        "noir-lang/noir#12969 and its kin: a condition believed where it is not known to hold"
        "What a branch decided is believed too where its edge meets one other.";
    StaleMemorySize "stale-memory-size" "loads" [Extra]
        "Milky2018/wasmoon#169: what is known of a memory kept in registers over its growth"
        "A call does not make the size of a memory unknown.";
    StaleTable "stale-table" "loads" [Extra]
        "WebKit/WebKit#38743: the address of a table's elements kept over its growth"
        "table.grow does not make base and length of tables unknown.";
    GlobalOverCall "global-over-call" "loads" [Extra]
        "WebAssembly/binaryen#8671 and its kin: state believed unchanged by what may change it"
        "A call does not make globals unknown.";
    LoadKey "load-key" "loads" [Extra]
        "bytecodealliance/wasmtime#14162: a load was replaced by one of another kind at the same address"
        "Narrow loads of one place are taken for equal whatever their sign is.";
    NarrowForward "narrow-forward" "loads" [Suite Extra]
        "vnmakarov/mir#423: a value stored narrow was forwarded to a load without extending it"
        "A narrow store forwards its value to a load of the same width.";
    LoadOverCopy "load-over-copy" "loads" [Extra]
        "KhronosGroup/SPIRV-Tools#1556 and its kin: passes that did not know what a copy reads and writes"
        "memory.copy, memory.fill and memory.init do not make the bytes of memories unknown.";
    PartialOverlap "partial-overlap" "loads" [Extra]
        "bytecodealliance/wasmtime#4163 describes the case: which bytes a store leaves as they were"
        "A store is believed not to touch what begins at another offset.";
    FieldAlias "field-alias" "loads" [Extra]
        "bytecodealliance/wasmtime#14351 describes the case: one field, reached by a type and by its supertype"
        "A store to a field makes nothing unknown of what other references may refer to.";
    PackedForward "packed-forward" "loads" [Suite Extra]
        "WebAssembly/binaryen#5570: a packed field held what it was given, not truncated"
        "What is stored in a packed field is forwarded to reads of it.";
    DivisionMagic "division-magic" "strength" [Extra]
        "CVE-2022-31169 (Cranelift), dotnet/runtime#37570: magic numbers of divisions by constants"
        "An unsigned division whose multiplier has 33 bits uses the one with 32.";
    DivisionPower "division-power" "strength" [Suite Extra]
        "google/xls#732: signed divisions by powers of two as plain shifts"
        "A signed division by a power of two rounds down.";
    LicmTrap "licm-trap" "licm" [Extra]
        "JDK-8331717 (openjdk/jdk#22666): a division hoisted above the test for zero that guards it"
        "A division moves before its loop whatever its divisor is.";
    BoundsCheckHoisted "bounds-check-hoisted" "licm" [Extra]
        "WasmEdge/WasmEdge#4596 describes the case: the size of a memory kept although the loop grows it"
        "The size of a memory is loaded before a loop that grows it.";

    TransferForward "transfer-forward" "loads" [Extra]
        "bytecodealliance/wasmtime#13298 and its kin: what was known of the store kept over a switch of stacks"
        "What a suspend or resume passed on is taken for what comes back.";
    LoadOverAtomic "load-over-atomic" "loads" [Extra]
        "bytecodealliance/wasmtime#13960, WebAssembly/binaryen#1406: plain accesses combined with atomic ones"
        "What was loaded or stored before an atomic operation is taken for what is there after it.";

    // Selection.
    LoadSunk "load-sunk" "lowering" [Extra]
        "bytecodealliance/wasmtime#2576, #4740: loads sunk into their users where they must not"
        "A load is done by its user although a store of 8 or 16 bits comes in between.";
    AddressShift "address-shift" "lowering" [Extra]
        "CVE-2023-26489 (Cranelift): a 32-bit shift in an address was done in 64 bits"
        "An address that is a 32-bit shift by 1 to 3 becomes a scaled index, without dropping the bits above 32.";
    MemoryOffset "memory-offset" "lowering" [Extra]
        "DTVMStack/DTVM#444: offsets from 2^31 on were sign-extended as displacements"
        "A static offset of 2^31 or more becomes a negative displacement.";
    Imm32 "imm32" "lowering" [Extra]
        "ykjit/yk#1769, objeck/objeck-lang#666: 32-bit immediates are sign-extended"
        "A 64-bit constant from 2^31 to 2^32 - 1 is used as a 32-bit immediate.";
    NarrowLoad "narrow-load" "lowering" [Extra]
        "yudongusa/LLVM-in-Rust#46: sign extension to the wrong width"
        "i64.load16_s extends to 32 bits only.";
    SelectExtension "select-extension" "lowering" [Extra]
        "bytecodealliance/wasmtime#3906: an extension left out for producers that do not extend"
        "i64.extend_i32_u of a select is left out, and the select is done in 64 bits.";
    StackParameter "stack-parameter" "lowering" [Extra]
        "bytecodealliance/wasmtime#7210: parameters are not extended by who passes them"
        "i64.extend_i32_u of a parameter on the stack is left out, and the whole slot is loaded.";
    SelectInverted "select-inverted" "lowering" [Extra]
        "bytecodealliance/wasmtime#4017: select with the condition of a float comparison"
        "A select on f.eq inverts its condition without exchanging its operands.";
    StaleFlags "stale-flags" "lowering" [Extra]
        "golang/go#12054, bytecodealliance/cranelift#766: a zero made by xor overwrote the flags in between"
        "The flags of an addition are used although a zero was made by xor since.";
    FlagsOverflow "flags-overflow" "lowering" [Extra]
        "dotnet/coreclr#14321: comparisons with 0 reused the flags of arithmetic that overflows"
        "Any comparison with 0 uses the flags of the addition or subtraction before it, not only those for equality.";
    RotateCount "rotate-count" "lowering" [Extra]
        "WebKit/WebKit#12085: i64.rotl masked a constant count to 31"
        "A 64-bit rotation by a constant is done by the count modulo 32.";
    ClzZero "clz-zero" "lowering" [Extra]
        "SerenityOS/serenity#7671: clz of 0"
        "clz of 0 is 0.";
    DoubleRounding "double-rounding" "lowering" [Extra]
        "WebAssembly/spec#421, WebAssembly/binaryen#3024: i64 to f32 by way of f64"
        "A signed i64 is converted to f32 by way of f64.";
    UndeclaredClobber "undeclared-clobber" "lowering" [Extra]
        "Milky2018/wasmoon#449: a register that an instruction overwrites was not declared to the allocator"
        "64-bit unsigned division does not declare the register of its other result.";
    ThrowRegister "throw-register" "lowering" [Extra]
        "llvm/llvm-project#112943: a landing pad read a register that the unwound call had changed"
        "A call inside a try_table is believed to preserve a register.";
    TailResultArea "tail-result-area" "lowering" [Extra]
        "bytecodealliance/wasmtime#8704: tail calls of functions with results in memory"
        "A tail call has its results written to its own frame instead of where its caller wants them.";
    PoolKey "pool-key" "lowering" [Extra]
        "dotnet/runtime#43899 describes the case: which constants may share a place"
        "Constants of the pool of up to 64 bits are taken for equal if their low 32 bits are.";
    VectorPoolKey "vector-pool-key" "lowering" [Extra]
        "dotnet/runtime#43899 describes the case: which constants may share a place"
        "Vector constants of the pool are taken for equal if their low halves are.";
    CarryConstant "carry-constant" "lowering" [Extra]
        "totalspectrum/flexprop#109: additions of constants rewritten although their carry is read"
        "The lower half of a 128-bit sum with a negative constant is a subtraction, which leaves the opposite carry.";

    // Emission.
    SpilledI32 "spilled-i32" "emission" [Suite Extra]
        "CVE-2021-32629 (Cranelift): a spilled 32-bit value was reloaded with its sign extended"
        "A slot to which only zero-extended 32-bit values are spilled is reloaded with sign extension.";
    MinZero "min-zero" "emission" [Extra]
        "chakra-core/ChakraCore#1954, wago-org/wago#48: min and max of -0 and 0"
        "min and max of equal operands yield the first one.";
    MinNan "min-nan" "emission" [Extra]
        "wago-org/wago#48: min and max of a NaN yielded the second operand"
        "min and max do not treat a NaN apart.";
    FloatParity "float-parity" "emission" [Extra]
        "wago-org/wago#9, sisshiki1969/monoruby#186: equality of floats without the parity flag"
        "A branch on f.eq takes unordered for equal.";
    StickyBit "sticky-bit" "emission" [Extra]
        "WebAssembly/spec#421: rounding of unsigned 64-bit integers to floats"
        "u64 to float drops the lowest bit of what has the highest one set.";
    SaturatedNan "saturated-nan" "emission" [Suite Extra]
        "bytecodealliance/wasmtime#6787, mewz-project/wasker#116: saturating truncation of a NaN"
        "A NaN saturates to the least signed integer.";
    BrTableDefault "br-table-default" "emission" [Extra]
        "dotnet/runtime#123565: a branch table was one entry off at its default"
        "The last entry of a br_table goes to the default.";
    Displacement "displacement" "emission" [Extra]
        "php/php-src#7233: displacements that do not fit their field"
        "A displacement of 128 is encoded in one byte.";
    TailOverlap "tail-overlap" "emission" [Extra]
        "zwasm/zwasm#424: tail calls with arguments on the stack"
        "A tail call copies its stack arguments from the first to the last, over those still to be copied.";
    TailMoreArguments "tail-more-arguments" "emission" [Extra]
        "zwasm/zwasm#424, bytecodealliance/wasmtime#14349: tail calls to functions with more arguments"
        "A tail call with more stack arguments than its function had makes no room for them.";
    CalleeContext "callee-context" "emission" [Suite Extra Smith]
        "WasmEdge/WasmEdge#5189: compiled calls of another instance's functions ran them with the caller's context"
        "A call by way of a function's record passes its own context instead of that in the record.";
    TailContext "tail-context" "emission" [Extra Smith]
        "WebKit/WebKit#63967 describes the case: a tail call of another instance's function exchanges all of the instance"
        "A tail call by way of a function's record passes its own context instead of that in the record.";
    LibcallCycle "libcall-cycle" "emission" [Extra]
        "Milky2018/wasmoon#362: parallel moves whose cycle lost a value"
        "When arguments of a libcall change places, the rest of the cycle is moved as if they had not.";
}
