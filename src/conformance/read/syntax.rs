//! Rejects texts that the parser accepts although they are outside the grammar of the text format: `wast` reads instructions one
//! by one, and does not check whether they may stand where they do. `(nop nop)`, `(block end block)` and `(memory +1)` are not
//! text modules.
//!
//! This is a single pass over the tokens. Open lists are in a vector, not on the native stack, because text may be nested to any
//! depth. Only texts outside every version's grammar are rejected; the parser finds all other errors.

use super::error::ScriptError;
use super::language::{Dialect, Language, Spec};
use crate::module::text::scanner::{Scanner, Token, is_number};

/// A token that the grammar does not allow in its position.
#[derive(Clone, Debug, PartialEq)]
pub struct Misplaced {
    /// The byte offset of the token in the text.
    pub offset: usize,
    /// The message, in the specification's words.
    pub message: String,
}

impl Misplaced {
    /// The error with its line and column in the text.
    pub fn located(self, text: &str) -> ScriptError {
        let before = &text[..self.offset];
        let line = before.matches('\n').count() as u32 + 1;
        let column = (before.len() - before.rfind('\n').map_or(0, |at| at + 1)) as u32 + 1;
        ScriptError { line, column, message: self.message }
    }
}

/// Checks a script, or the text of a module. Scripts in other dialects are whatever their parser accepts, and that is this one.
///
/// # Errors
/// The first token that is misplaced.
pub fn check(text: &str, language: &Language) -> Result<(), Misplaced> {
    if language.dialect != Dialect::Spec {
        return Ok(());
    }
    let mut checker = Checker {
        legacy: language.features.legacy_exceptions(),
        bare_indices: language.spec <= Spec::V1,
        typed_references: language.features.function_references(),
        memory_indices: language.features.multi_memory(),
        lists: vec![List::new(Kind::Script, 0)],
        blocks: Vec::new(),
        opened: false,
        access: false,
        literals: Literals::None,
    };
    for (offset, token) in Scanner::new(text) {
        let checked = match token {
            Token::Open => checker.open(),
            Token::Close => checker.close(),
            Token::Word(word) if is_number(word) => checker.number(word),
            Token::Word(word) => match word.as_bytes()[0] {
                b'a'..=b'z' if checker.opened => checker.list(word),
                b'a'..=b'z' => checker.word(word),
                _ => checker.item(),
            },
            Token::Other => checker.item(),
        };
        if let Err(e) = checked {
            return Err(Misplaced { offset, message: e.to_string() });
        }
        if checker.lists.is_empty() {
            // A parenthesis too many.
            break;
        }
    }
    Ok(())
}

/// Whether this instruction accesses a memory, or its size, and has no immediate other than that memory's index.
fn is_access(word: &str) -> bool {
    let Some((ty, op)) = word.split_once('.') else { return false };
    match ty {
        "memory" => matches!(op, "size" | "grow" | "fill"),
        _ => (op.starts_with("load") || op.starts_with("store")) && !op.ends_with("_lane"),
    }
}

/// The content of a list.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// Directives, or fields of a module.
    Script,
    Module,
    /// Instructions, folded or not, perhaps after their type.
    Instructions,
    /// Immediates, then folded instructions.
    Operands,
    /// `elem` or `data`: like `Operands`, but the first token is not a number.
    Segment,
    /// `if`: folded instructions, then clauses.
    Condition,
    Then,
    Else,
    /// The legacy `try`: clauses.
    Try,
    /// No instructions.
    Plain,
    /// Nothing of interest, such as a component.
    Foreign,
}

struct List {
    kind: Kind,
    /// The number of blocks that were open around it.
    blocks: usize,
    /// Whether clauses of a `try_table` may come next.
    clauses: bool,
    /// Whether results came last.
    results: bool,
    /// Whether nothing has come yet, except perhaps an identifier.
    fresh: bool,
}

impl List {
    fn new(kind: Kind, blocks: usize) -> List {
        List { kind, blocks, clauses: false, results: false, fresh: true }
    }
}

/// A block that is not folded and lacks its `end`.
#[derive(Clone, Copy, PartialEq)]
enum Block {
    Plain,
    If,
    Try,
    Catch,
}

/// Whether the numbers that come next are literals, which may have signs.
#[derive(Clone, Copy, PartialEq)]
enum Literals {
    None,
    /// Literals of `const`.
    Constants,
    /// Literals of `i8x16.shuffle` and the like, for which the parser has messages of its own.
    Lanes,
}

/// The error for a token that the grammar does not allow, in the specification's words.
#[derive(Debug, thiserror::Error)]
enum GrammarError {
    #[error("unknown operator {0}")]
    UnknownOperator(String),
    #[error("unexpected token ({0})")]
    UnexpectedToken(String),
}

type Checked = Result<(), GrammarError>;

struct Checker {
    /// Whether the language has legacy exceptions.
    legacy: bool,
    /// Whether a segment may have the index of its table or memory without parentheses.
    bare_indices: bool,
    /// Whether `(ref null extern)` is a type.
    typed_references: bool,
    /// Whether instructions may name their memory.
    memory_indices: bool,
    lists: Vec<List>,
    blocks: Vec<Block>,
    /// Whether the last token was an opening parenthesis.
    opened: bool,
    /// Whether the previous word was that of a memory access.
    access: bool,
    literals: Literals,
}

impl Checker {
    fn top(&mut self) -> &mut List {
        self.lists.last_mut().expect("the text's own list is closed last")
    }

    fn enter(&mut self, kind: Kind) {
        self.opened = false;
        self.lists.push(List::new(kind, self.blocks.len()));
    }

    /// Handles a list that does not begin with a word.
    fn flush(&mut self) {
        if self.opened {
            let foreign = self.top().kind == Kind::Foreign;
            self.enter(if foreign { Kind::Foreign } else { Kind::Plain });
        }
    }

    fn open(&mut self) -> Checked {
        self.flush();
        (self.opened, self.access) = (true, false);
        self.literals = Literals::None;
        Ok(())
    }

    fn close(&mut self) -> Checked {
        self.flush();
        self.access = false;
        self.literals = Literals::None;
        let list = self.lists.pop().expect("the text's own list is closed last");
        if self.blocks.len() > list.blocks {
            return unexpected("a block has no `end`");
        }
        if list.kind == Kind::Condition {
            return unexpected("an `if` has no `then`");
        }
        Ok(())
    }

    /// Handles a string or a name.
    fn item(&mut self) -> Checked {
        self.flush();
        self.index()
    }

    /// Handles a number or a name. It is not the index of a memory, if there can be only one.
    fn index(&mut self) -> Checked {
        let access = std::mem::take(&mut self.access);
        if access && !self.memory_indices { unexpected("an index of a memory") } else { Ok(()) }
    }

    fn number(&mut self, src: &str) -> Checked {
        self.flush();
        self.index()?;
        let bare_indices = self.bare_indices;
        let literals = self.literals;
        let list = self.top();
        let signed = match literals {
            Literals::None => src.starts_with(['+', '-']),
            Literals::Lanes => src.starts_with('+'),
            Literals::Constants => false,
        };
        let digits = || src[1..].bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b'_' | b'x'));
        if signed && list.kind != Kind::Foreign && digits() {
            return unexpected(if literals == Literals::Lanes { "lane index: a sign" } else { "a sign" });
        }
        if list.kind == Kind::Segment && list.fresh && !bare_indices {
            return unexpected("an index without its kind");
        }
        list.fresh = false;
        Ok(())
    }

    /// Handles a word that does not begin a list.
    fn word(&mut self, word: &str) -> Checked {
        let legacy = self.legacy;
        let blocks = self.lists.last().map_or(0, |list| list.blocks);
        let list = self.top();
        if list.kind == Kind::Foreign {
            return Ok(());
        }
        (list.results, list.fresh, list.clauses) = (false, false, word == "try_table");
        let kind = list.kind;
        self.access = is_access(word);
        self.number_word(word)?;
        match kind {
            Kind::Instructions if !legacy && is_legacy(word) => Err(GrammarError::UnknownOperator(word.to_string())),
            Kind::Instructions => {
                let innermost = self.blocks[blocks..].last().copied();
                match (word, innermost) {
                    ("block" | "loop" | "try_table", _) => self.blocks.push(Block::Plain),
                    ("if", _) => self.blocks.push(Block::If),
                    ("try", _) => self.blocks.push(Block::Try),
                    ("else", Some(Block::If)) => self.replace(Block::Plain),
                    ("catch", Some(Block::Try | Block::Catch)) if legacy => self.replace(Block::Catch),
                    ("catch_all", Some(Block::Try | Block::Catch)) if legacy => self.replace(Block::Plain),
                    ("end", Some(_)) | ("delegate", Some(Block::Try)) => drop(self.blocks.pop()),
                    ("else" | "end" | "catch" | "catch_all" | "delegate", _) => {
                        return unexpected(&format!("`{word}` belongs to no block"));
                    }
                    _ => {}
                }
                Ok(())
            }
            Kind::Operands | Kind::Segment if is_instruction(word) => {
                unexpected(&format!("`{word}` is not folded, and in a folded instruction"))
            }
            _ => Ok(()),
        }
    }

    fn replace(&mut self, block: Block) {
        self.blocks.pop();
        self.blocks.push(block);
    }

    /// Records the type of the numbers that follow a keyword, and checks a keyword that holds a number.
    fn number_word(&mut self, word: &str) -> Checked {
        self.literals = match word {
            "i8x16" | "i16x8" | "i32x4" | "i64x2" | "f32x4" | "f64x2" => self.literals,
            "i32.const" | "i64.const" | "f32.const" | "f64.const" | "v128.const" => Literals::Constants,
            "i8x16.shuffle" => Literals::Lanes,
            _ if word.ends_with("_lane") || word.ends_with("_lane_s") || word.ends_with("_lane_u") => Literals::Lanes,
            _ => Literals::None,
        };
        match word.strip_prefix("offset=").or_else(|| word.strip_prefix("align=")) {
            Some(number) if number.starts_with(['+', '-']) => Err(GrammarError::UnknownOperator(word.to_string())),
            _ => Ok(()),
        }
    }

    /// Begins a list with a word.
    fn list(&mut self, word: &str) -> Checked {
        let (legacy, bare) = (self.legacy, self.lists.len() == 1);
        let parent = self.top();
        let kind = parent.kind;
        if kind == Kind::Foreign {
            self.enter(Kind::Foreign);
            return Ok(());
        }
        if word == "param" && parent.results {
            return unexpected("result before parameter");
        }
        if word == "ref" && !self.typed_references && kind != Kind::Script {
            return unexpected("a type of references in parentheses");
        }
        self.access = is_access(word);
        let parent = self.top();
        parent.results = word == "result";
        parent.fresh = false;
        let clause = matches!(word, "catch" | "catch_ref" | "catch_all" | "catch_all_ref");
        let clauses = parent.clauses;
        parent.clauses &= clause || matches!(word, "type" | "param" | "result");
        let kind = match kind {
            Kind::Script => match word {
                "module" => Kind::Module,
                "thread" => Kind::Script,
                "component" | "script" | "input" | "output" => Kind::Foreign,
                _ if word.starts_with("assert_") => Kind::Script,
                // The fields of a module without its parentheses.
                _ if bare => field(word),
                _ => Kind::Plain,
            },
            Kind::Module => field(word),
            Kind::Plain | Kind::Foreign => Kind::Plain,
            Kind::Try => match word {
                "do" | "catch" | "catch_all" => Kind::Instructions,
                _ => Kind::Plain,
            },
            Kind::Condition if word == "then" => {
                parent.kind = Kind::Then;
                Kind::Instructions
            }
            Kind::Then if word == "else" => {
                parent.kind = Kind::Else;
                Kind::Instructions
            }
            Kind::Then | Kind::Else => return unexpected("an `if` has its clauses last"),
            _ if !legacy && is_legacy(word) => return Err(GrammarError::UnknownOperator(word.to_string())),
            Kind::Instructions | Kind::Operands | Kind::Segment | Kind::Condition => match word {
                "block" | "loop" | "try_table" | "offset" | "item" => Kind::Instructions,
                "if" => Kind::Condition,
                "try" => Kind::Try,
                "elem" | "data" => Kind::Operands,
                _ if clause && clauses => Kind::Plain,
                "then" | "else" | "end" | "do" | "delegate" => return unexpected(&format!("`{word}` in a list")),
                _ if clause => return unexpected(&format!("`{word}` belongs to no block")),
                // The parser accepts lists of numbers in segments, which no version has.
                "i8" | "i16" | "i32" | "i64" | "f32" | "f64" | "v128" => return unexpected("numbers in a segment"),
                _ if is_instruction(word) => Kind::Operands,
                _ => Kind::Plain,
            },
        };
        self.enter(kind);
        self.top().clauses = word == "try_table";
        self.number_word(word)
    }
}

fn unexpected(why: &str) -> Checked {
    Err(GrammarError::UnexpectedToken(why.to_string()))
}

/// The content of a module's field.
fn field(word: &str) -> Kind {
    match word {
        "func" | "global" | "table" => Kind::Instructions,
        "elem" | "data" => Kind::Segment,
        "memory" => Kind::Operands,
        _ => Kind::Plain,
    }
}

/// Whether a word belongs to legacy exceptions only.
fn is_legacy(word: &str) -> bool {
    matches!(word, "try" | "do" | "delegate" | "rethrow")
}

/// No immediate of an instruction has a dot.
fn is_instruction(word: &str) -> bool {
    word.contains('.') && !word.contains('=')
        || matches!(
            word,
            "unreachable"
                | "nop"
                | "drop"
                | "select"
                | "block"
                | "loop"
                | "if"
                | "else"
                | "end"
                | "br"
                | "br_if"
                | "br_table"
                | "br_on_null"
                | "br_on_non_null"
                | "br_on_cast"
                | "br_on_cast_fail"
                | "br_on_cast_desc_eq"
                | "br_on_cast_desc_eq_fail"
                | "return"
                | "call"
                | "call_indirect"
                | "call_ref"
                | "return_call"
                | "return_call_indirect"
                | "return_call_ref"
                | "throw"
                | "throw_ref"
                | "rethrow"
                | "try"
                | "try_table"
                | "catch"
                | "catch_all"
                | "delegate"
                | "suspend"
                | "resume"
                | "resume_throw"
                | "resume_throw_ref"
                | "switch"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<(), Misplaced> {
        super::check(text, &Language::of(Spec::Latest))
    }

    /// The misplaced token is in `«»`.
    fn misplaced(text: &str, language: &Language) {
        let offset = text.find('«').expect("a mark");
        let token = &text[offset + '«'.len_utf8()..text.find('»').expect("its end")];
        let plain = text.replace(['«', '»'], "");
        let found = super::check(&plain, language).expect_err(&plain);
        assert_eq!(found.offset, offset, "{plain}: {found:?} is not at {token}");
    }

    #[test]
    fn depth_takes_no_stack() {
        let deep = 200_000;
        let nested = move |open: &str, inside: &str, close: &str| {
            format!("(module (func {} {inside} {}))", open.repeat(deep), close.repeat(deep))
        };
        let work = move || {
            for (open, close) in
                [("(block ", ")"), ("block ", "end "), ("(drop ", ")"), ("(if ", "(then))"), ("(", ")")]
            {
                assert_eq!(check(&nested(open, "(nop)", close)), Ok(()), "{open}");
                assert!(check(&nested(open, "(nop nop)", close)).is_err() != (open == "("), "{open}");
            }
            assert_eq!(check(&nested("(@a ", "(nop nop)", ")")), Ok(()));
            assert!(check(&nested("block ", "", "")).is_err());
        };
        let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(work).expect("a thread");
        thread.join().expect("it has come to the end");
    }

    #[test]
    fn modules_are_checked_wherever_they_stand() {
        let language = Language::of(Spec::Latest);
        for text in [
            "(module (func (nop «nop»)))",
            "(module $m (func) (func (nop «nop»)))",
            "(module definition $m (func (nop «nop»)))",
            "(func (nop «nop»))",
            "(module) (assert_invalid (module (func (nop «nop»))) \"\")",
            "(assert_trap (module $m (func (nop «nop»))) \"\")",
            "(thread $t (shared (module $m)) (module (func (nop «nop»))))",
            "(module (memory «+1»))",
            "(invoke \"f\" (i32.const +1) (ref.extern «+1»))",
            "(assert_return (invoke \"f\" (f32.const +1)) (v128.const i32x4 +1 -1 0 0) (ref.host «+1»))",
            "(assert_return (get \"f\") (either (i32.const +1) (ref.extern «+1»)))",
            "(module (type (func (result) («param»))))",
            "(module (func (if (i32.const 0)«)»))",
            "(module (func block«)»)",
            "(func (try_table (nop) («catch_all» 0)))",
            "(func (try_table (catch $e 0) (nop) («catch» $e 0)))",
            "(func try_table nop («catch_all_ref» 0) end)",
            "(func (block (result i32) («catch» $e 0)))",
        ] {
            misplaced(text, &language);
        }
        for text in [
            "(module binary \"(func (nop nop))\")",
            "(module quote \"(func (nop nop))\")",
            "(component (core module (func (nop nop))))",
            "(input \"x\") (script (nop nop))",
            "(module (func (nop (@x nop nop) (; nop ;) ;; nop\n)))",
            "(func (try_table $l (type $t) (param i32) (result i32) (catch $e 0) (catch_all_ref 1) (nop)))",
            "(func try_table (result i32) (catch_ref $e 0) (catch_all 0) nop end)",
            // Not a number with a sign: the parser says what it is instead.
            "(module (memory +inf))",
            "(register \"nop\" $nop) (wait $nop)",
            "(module (func)) )",
            "(module (func (nop \u{1} nop)))",
            "(module (func (nop \"\n nop)))",
            "(module (func (nop \"\\",
            "(module (func (nop (; (; ;) nop)))",
            "(module (func (nop ;; nop)))",
            "(module (func (nop \"nop\\\"nop\") $nop @nop (@\"x\" nop)))",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_a_language_has_is_not_misplaced_in_it() {
        let old = Language::of(Spec::V1);
        let new = Language::of(Spec::Latest);
        let mut legacy = new;
        legacy.features |= wasmparser::WasmFeatures::LEGACY_EXCEPTIONS;
        let elsewhere = Language { dialect: Dialect::WasmTools, ..new };
        for text in ["(elem 0 (i32.const 0) $f)", "(data 0 (i32.const 0) \"\")"] {
            assert_eq!(super::check(text, &old), Ok(()));
        }
        for text in ["(elem «0» (i32.const 0) $f)", "(data $d «0» (i32.const 0) \"\")"] {
            misplaced(text, &new);
        }
        for text in [
            "(func (try (do nop block end) (catch $e nop) (catch_all nop nop)))",
            "(func (try $l (result i32) (do (try (do) (delegate 0)) i32.const 1)) drop)",
            "(func try nop catch $e nop catch 0 catch_all rethrow 0 end try delegate 0)",
            "(func (drop (try (result i32) (do (i32.const 1)))))",
        ] {
            assert_eq!(super::check(text, &legacy), Ok(()), "{text}");
            assert!(super::check(text, &new).is_err_and(|e| e.message.starts_with("unknown operator")), "{text}");
        }
        for text in [
            "(func (try (do nop «end»)))",
            "(func (try (do (nop «nop»))))",
            "(func (try (do) (catch $e «else»)))",
            "(func («catch» $e))",
            "(func try catch_all «catch_all» end)",
            "(func block «delegate» 0)",
        ] {
            misplaced(text, &legacy);
        }
        assert_eq!(super::check("(module (func (nop nop)))", &elsewhere), Ok(()));
    }

    /// Memory accesses, and no other instructions, name their memory first: if there can be only one, no index is allowed.
    #[test]
    fn the_index_of_a_memory_comes_with_multi_memory() {
        let sizes = [
            ("i32", &["8_s", "8_u", "16_s", "16_u", ""][..], &["8", "16", ""][..]),
            ("i64", &["8_s", "8_u", "16_s", "16_u", "32_s", "32_u", ""], &["8", "16", "32", ""]),
            ("f32", &[""], &[""]),
            ("f64", &[""], &[""]),
            ("v128", &["8x8_s", "8x8_u", "16x4_s", "32x2_u", "8_splat", "64_splat", "32_zero", "64_zero", ""], &[""]),
        ];
        let mut accesses: Vec<String> = ["size", "grow", "fill"].map(|op| format!("memory.{op}")).to_vec();
        for (ty, loads, stores) in sizes {
            accesses.extend(loads.iter().map(|how| format!("{ty}.load{how}")));
            accesses.extend(stores.iter().map(|how| format!("{ty}.store{how}")));
        }
        let (one, many) = (Language::of(Spec::V2), Language::of(Spec::Latest));
        for word in &accesses {
            for text in [
                format!("(func {word} «0»)"),
                format!("(func ({word} «$m»))"),
                format!("(func {word} offset=1 align=1)"),
            ] {
                match text.contains('«') {
                    true => misplaced(&text, &one),
                    false => assert_eq!(super::check(&text, &one), Ok(()), "{text}"),
                }
                assert_eq!(super::check(&text.replace(['«', '»'], ""), &many), Ok(()), "{text}");
            }
            assert_eq!(super::check(&format!("(func ({word} (i32.const 0)))"), &one), Ok(()), "{word}");
        }
        for others in [
            "memory.copy 0 0",
            "memory.init 0",
            "v128.load8_lane 0",
            "v128.store64_lane 0",
            "local.get 0",
            "call $f",
            "table.size 0",
            "i32.const 0",
        ] {
            assert_eq!(super::check(&format!("(func {others})"), &one), Ok(()), "{others}");
        }
    }

    /// Lanes never have a plus sign. The parser says what a minus sign is.
    #[test]
    fn lanes_have_no_sign() {
        for word in [
            "i8x16.extract_lane_s",
            "i16x8.extract_lane_u",
            "i32x4.extract_lane",
            "f64x2.replace_lane",
            "v128.load8_lane",
            "v128.store64_lane",
            "i8x16.shuffle",
        ] {
            let text = |lane: &str| format!("(func ({word} {lane} (local.get 0)))");
            assert_eq!(check(&text("1")), Ok(()), "{word}");
            assert_eq!(check(&text("-1")), Ok(()), "{word}");
            let signed = check(&text("+1")).expect_err(word);
            assert_eq!(signed.message, "unexpected token (lane index: a sign)", "{word}");
        }
        for index in ["+1", "-1"] {
            for word in ["local.get", "call", "br", "memory.size", "v128.load"] {
                let signed = check(&format!("(func ({word} {index}))")).expect_err(word);
                assert_eq!(signed.message, "unexpected token (a sign)", "{word} {index}");
            }
        }
    }

    #[test]
    fn a_place_is_counted_from_1_and_as_far_as_a_line_goes() {
        let at = |before: &str| {
            let text = format!("{before}x");
            let error = Misplaced { offset: before.len(), message: String::new() }.located(&text);
            (error.line, error.column)
        };
        assert_eq!((at(""), at("a"), at("\n"), at("a\n\nbc")), ((1, 1), (1, 2), (2, 1), (3, 3)));
        assert_eq!(at(&format!("\n{}", " ".repeat(70_000))), (2, 70_001));
    }

    /// Comments and strings hide what is in them, and nothing after them.
    #[test]
    fn comments_and_strings_end_where_they_end() {
        let language = Language::of(Spec::Latest);
        for text in [
            "(func (nop (; x ;) «nop»))",
            "(func (nop (; x ;)«nop»))",
            "(func (nop (;;) «nop»))",
            "(func (nop (; (; ;) ;) «nop»))",
            "(func (nop (; (;;) ;) «nop»))",
            "(func (nop ;; )\n «nop»))",
            "(func (nop ;;\n «nop»\n))",
            "(func (nop ;; x\r «nop»))",
            "(func (nop \"\" «nop»))",
            "(func (nop \"a\" «nop» \"b\"))",
            "(func (nop \"a\\\"\" «nop»))",
            "(func (nop \"a\\\\\" «nop»))",
            // Not tokens: the parser says so.
            "(func (nop ; «nop»))",
            "(func (nop , «nop»))",
            "(func @x (nop «nop»))",
            "(func () (nop «nop»))",
        ] {
            misplaced(text, &language);
        }
        for text in [
            "(func (nop (;) nop ;)))",
            "(func (nop (; (;) nop ;) nop ;)))",
            "(func (nop (; (; ;) nop ;)))",
            "(func (nop \"\n \" nop))",
            // One list too many is closed: what follows is not checked.
            "(module)) (func (nop nop))",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn lists_are_foreign_or_begin_with_a_word() {
        let language = Language::of(Spec::Latest);
        for word in ["@a", "@\"a\"", "component", "script", "input", "output"] {
            let text = format!("({word} +1 offset=+1 (+1) (a (result) (param) +1 offset=+1) (\"a\" +1))");
            assert_eq!(check(&text), Ok(()));
        }
        // It is unknown what these are.
        for text in ["(func ($x nop nop))", "(func (0 nop nop))", "(func (\"x\" nop nop))", "(invoke (func (nop nop)))"]
        {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for text in ["(func («+1»))", "(func (x «+1»))", "(func (i32.const («+1»)))", "(func (i32.const 1) «+1»)"]
        {
            misplaced(text, &language);
        }
    }

    #[test]
    fn numbers_have_signs_in_literals_alone() {
        let language = Language::of(Spec::Latest);
        for text in [
            "(func i32.const +1 drop)",
            "(func (drop (v128.const f32x4 nan +1 inf -1)))",
            "(func (drop (v128.const f32x4 nan:canonical +1 nan:0x1 +1)))",
            "(func (drop (v128.const i16x8 +1 -1 +0x1 -0x1 +1_0 -1_0 0 0)))",
            // No numbers.
            "(module (memory +z1))",
            "(func (i32.load offset=0.5 (i32.const 0)))",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for text in [
            "(module (memory «+0x1f»))",
            "(module (memory «-1_0»))",
            "(func i32.const +1 local.get «+1»)",
            "(func i32.load «offset=+1»)",
            "(func i32.load «align=-1»)",
            "(func (i32.load «offset=-1» (i32.const 0)))",
        ] {
            misplaced(text, &language);
        }
        let message = |text: &str| check(text).expect_err(text).message;
        assert_eq!(message("(func i32.load offset=+1)"), "unknown operator offset=+1");
        assert_eq!(message("(elem +1 (i32.const 0) $f)"), "unexpected token (a sign)");
    }

    #[test]
    fn blocks_have_their_parts_in_order() {
        let language = Language::of(Spec::Latest);
        for text in [
            "(func block (result i32) i32.const 0 end block (param i32) drop end)",
            "(func call_indirect (param i32) (result i32))",
            "(func block if else end end)",
            "(func if block end else block end end)",
            "(func (if (i32.const 0) (then nop nop) (else nop nop)))",
            "(func (block nop nop) (loop nop nop) (try_table nop nop))",
            "(func (resume $t (on $e switch) (nop)))",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for text in [
            "(func block (result i32) («param» i32) end)",
            "(func block (block «end») end)",
            "(func block «else» end)",
            "(func if else «else» end)",
            "(func block (block nop «else») end)",
            "(func (if (i32.const 0) (then) («nop»)))",
            "(func (if (i32.const 0) (then) (else) («else»)))",
            "(func (if («else»)))",
            "(func (try_table (nop «nop»)))",
            "(func («then»))",
            "(func (block («else»)))",
            "(func (nop («end»)))",
            "(func («catch_ref» $e 0))",
        ] {
            misplaced(text, &language);
        }
        let mut legacy = language;
        legacy.features |= wasmparser::WasmFeatures::LEGACY_EXCEPTIONS;
        for text in ["(func («do»))", "(func (block («delegate» 0)))"] {
            misplaced(text, &legacy);
        }
        for (text, message) in [
            ("(func block)", "unexpected token (a block has no `end`)"),
            ("(func (if (nop)))", "unexpected token (an `if` has no `then`)"),
            ("(func (if (nop) (then) (nop)))", "unexpected token (an `if` has its clauses last)"),
            ("(func end)", "unexpected token (`end` belongs to no block)"),
            ("(func (nop nop))", "unexpected token (`nop` is not folded, and in a folded instruction)"),
            ("(func (else))", "unexpected token (`else` in a list)"),
            ("(func (catch $e 0))", "unexpected token (`catch` belongs to no block)"),
            ("(func (param) (result) (param))", "unexpected token (result before parameter)"),
            ("(func (try))", "unknown operator try"),
        ] {
            assert_eq!(check(text).expect_err(text).message, message, "{text}");
        }
    }

    #[test]
    fn segments_have_their_parts_in_order() {
        let language = Language::of(Spec::Latest);
        for text in [
            "(elem func 0 1)",
            "(elem declare func 0)",
            "(elem (i32.const 0) 0 1)",
            "(elem (offset i32.const 0 drop) (item ref.func 0 drop))",
            "(table funcref (elem 0 1))",
            "(memory i64 1)",
            "(memory (data \"\"))",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for text in [
            "(elem $e «0» (i32.const 0) $f)",
            "(elem func «nop»)",
            "(elem (item (nop «nop»)))",
            "(elem (ref.func 0 «nop»))",
            "(table funcref (elem (ref.func 0 «nop»)))",
            "(memory 1 «nop»)",
            "(data (offset i32.const 0 «end») \"\")",
            "(data (i32.const 0) («i8» 1 2))",
            "(data (i32.const 0) \"\" («f64» 1))",
            "(memory (data («v128» i64x2 1 2)))",
        ] {
            misplaced(text, &language);
        }
        let message = |text: &str| check(text).expect_err(text).message;
        assert_eq!(message("(data 0 (i32.const 0))"), "unexpected token (an index without its kind)");
        assert_eq!(message("(data (i32.const 0) (i16 1))"), "unexpected token (numbers in a segment)");
    }

    /// Only what comes directly after a memory access is its index, and only a type is in parentheses.
    #[test]
    fn what_an_older_language_lacks_is_misplaced_in_it() {
        let (old, new) = (Language::of(Spec::V2), Language::of(Spec::Latest));
        for text in [
            "0 $x (func)",
            "0 (0 (1))",
            "(elem (i32.const 0) $f)",
            "(elem (i32.const 0) 0)",
            "(func (memory.size) $x)",
            "(func memory.size (nop) 0)",
            "(@a $x (b $x 0))",
            "(assert_return (invoke \"f\") (ref))",
        ] {
            assert_eq!(super::check(text, &old), Ok(()), "{text}");
        }
        let text = "(func (param («ref» null func)))";
        misplaced(text, &old);
        assert_eq!(super::check(&text.replace(['«', '»'], ""), &new), Ok(()));
        let message = |text: &str| super::check(text, &old).expect_err(text).message;
        assert_eq!(message("(table (ref func))"), "unexpected token (a type of references in parentheses)");
        assert_eq!(message("(func memory.size 0)"), "unexpected token (an index of a memory)");
    }

    /// An annotation may come between any two tokens, and does not change the meaning of what comes after it.
    #[test]
    fn an_annotation_is_a_space() {
        let old = Language::of(Spec::V2);
        for text in [
            "(func (i32.const (@a) +1))",
            "(func i32.const (@a (b) \")\") -1 drop)",
            "(func (v128.const (@a) i32x4 (@b) +1 -1 (@c (d)) +1 -1))",
            "((@a) module (func nop (@a nop nop) nop))",
            "(@a) (module (@a (@b) 1) (func))",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for text in [
            "(func (i32.load (@a) «0» (i32.const 0)))",
            "(func memory.size (@a (b 1)) «0»)",
            "(func (call (@a) «+1»))",
            "(func (nop (@a) «nop»))",
        ] {
            misplaced(text, &old);
        }
    }

    #[test]
    fn instructions_are_not_immediates() {
        let language = Language::of(Spec::Latest);
        for word in [
            "unreachable",
            "nop",
            "drop",
            "select",
            "block",
            "loop",
            "if",
            "else",
            "end",
            "br",
            "br_if",
            "br_table",
            "br_on_null",
            "br_on_non_null",
            "br_on_cast",
            "br_on_cast_fail",
            "br_on_cast_desc_eq",
            "br_on_cast_desc_eq_fail",
            "return",
            "call",
            "call_indirect",
            "call_ref",
            "return_call",
            "return_call_indirect",
            "return_call_ref",
            "throw",
            "throw_ref",
            "rethrow",
            "try",
            "try_table",
            "catch",
            "catch_all",
            "delegate",
            "suspend",
            "resume",
            "resume_throw",
            "resume_throw_ref",
            "switch",
            "i32.add",
            "i32.wrap_i64",
        ] {
            misplaced(&format!("(func (nop «{word}»))"), &language);
        }
        for text in ["(func (i32.wrap_i64 «nop»))", "(func (suspend «nop»))"] {
            misplaced(text, &language);
        }
        for word in ["func", "null", "i32", "funcref", "x=1", "x.y=1"] {
            assert_eq!(check(&format!("(func (nop {word}))")), Ok(()), "{word}");
        }
    }
}
