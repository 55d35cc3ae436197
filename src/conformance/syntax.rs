//! What the grammar of the text format does not have and the parser takes: `wast` reads instructions one by one, and does
//! not ask whether they may stand where they do. `(nop nop)`, `(block end block)` and `(memory +1)` are no text.
//!
//! A single pass over the tokens. What is open is a list of its own, not the stack's: text may nest as deeply as its author
//! likes. Refused is only what no version's grammar has; whatever else is wrong with a text, the parser finds.

use super::language::{Dialect, Language, Spec};
use wast::lexer::{Lexer, TokenKind};

/// A token that stands where the grammar has no place for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Misplaced {
    pub offset: usize,
    /// In the specification's words.
    pub message: String,
}

/// Checks a script, or the text of a module. Other dialects' scripts are what their parser takes, which is this one.
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
        lists: vec![List::new(Kind::Script, 0)],
        blocks: Vec::new(),
        opened: false,
        literals: Literals::None,
    };
    let mut lexer = Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    for token in lexer.iter(0) {
        // What is none of the lexer's tokens, the parser reports.
        let Ok(token) = token else { break };
        let src = token.src(text);
        let checked = match token.kind {
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment => continue,
            TokenKind::LParen => checker.open(),
            TokenKind::RParen => checker.close(),
            TokenKind::Keyword if checker.opened => checker.list(src),
            TokenKind::Keyword => checker.word(src),
            TokenKind::Annotation if checker.opened => {
                checker.enter(Kind::Foreign);
                Ok(())
            }
            TokenKind::Integer(_) => checker.integer(src),
            _ => {
                checker.item();
                Ok(())
            }
        };
        if let Err(message) = checked {
            return Err(Misplaced { offset: token.offset, message });
        }
        if checker.lists.is_empty() {
            // A parenthesis too many.
            break;
        }
    }
    Ok(())
}

/// What is in a list.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// Directives, or fields of a module.
    Script,
    Module,
    /// Instructions, folded or not, perhaps behind what says their type.
    Instructions,
    /// Immediates, then folded instructions.
    Operands,
    /// `elem` or `data`: as above, but what comes first is no number.
    Segment,
    /// `if`: folded instructions, then clauses.
    Condition,
    Then,
    Else,
    /// The older `try`: clauses.
    Try,
    /// No instructions.
    Plain,
    /// Nothing that is of interest: an annotation, a component.
    Foreign,
}

struct List {
    kind: Kind,
    /// How many blocks were open around it.
    blocks: usize,
    /// Clauses of a `try_table` may come next.
    clauses: bool,
    /// Results came last.
    results: bool,
    /// Nothing has come yet, but an identifier perhaps.
    fresh: bool,
}

impl List {
    fn new(kind: Kind, blocks: usize) -> List {
        List { kind, blocks, clauses: false, results: false, fresh: true }
    }
}

/// What is not folded and lacks its `end`.
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
    /// Of `const`.
    Constants,
    /// Of `i8x16.shuffle` and the like, for which the parser has words of its own.
    Lanes,
}

type Checked = Result<(), String>;

struct Checker {
    /// The older exceptions are in the language.
    legacy: bool,
    /// A segment may have the index of its table or memory without parentheses.
    bare_indices: bool,
    lists: Vec<List>,
    blocks: Vec<Block>,
    /// A parenthesis has come, and not yet what is behind it.
    opened: bool,
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

    /// A list that does not begin with a word.
    fn flush(&mut self) {
        if self.opened {
            let foreign = self.top().kind == Kind::Foreign;
            self.enter(if foreign { Kind::Foreign } else { Kind::Plain });
        }
    }

    fn open(&mut self) -> Checked {
        self.flush();
        self.opened = true;
        self.literals = Literals::None;
        Ok(())
    }

    fn close(&mut self) -> Checked {
        self.flush();
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

    /// A string, a name, a float.
    fn item(&mut self) {
        self.flush();
    }

    fn integer(&mut self, src: &str) -> Checked {
        self.flush();
        let bare_indices = self.bare_indices;
        let literals = self.literals;
        let list = self.top();
        let signed = match literals {
            Literals::None => src.starts_with(['+', '-']),
            Literals::Lanes => src.starts_with('+'),
            Literals::Constants => false,
        };
        if signed && list.kind != Kind::Foreign {
            return unexpected(if literals == Literals::Lanes { "lane index: a sign" } else { "a sign" });
        }
        if list.kind == Kind::Segment && list.fresh && !bare_indices {
            return unexpected("an index without its kind");
        }
        list.fresh = false;
        Ok(())
    }

    /// A word that no list begins with.
    fn word(&mut self, word: &str) -> Checked {
        let legacy = self.legacy;
        let blocks = self.lists.last().map_or(0, |list| list.blocks);
        let list = self.top();
        if list.kind == Kind::Foreign {
            return Ok(());
        }
        (list.results, list.fresh, list.clauses) = (false, false, word == "try_table");
        let kind = list.kind;
        self.number_word(word)?;
        match kind {
            Kind::Instructions if !legacy && is_legacy(word) => Err(format!("unknown operator {word}")),
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

    /// Notes what a word says of the numbers behind it, and checks one that holds a number.
    fn number_word(&mut self, word: &str) -> Checked {
        self.literals = match word {
            "i8x16" | "i16x8" | "i32x4" | "i64x2" | "f32x4" | "f64x2" => self.literals,
            "i32.const" | "i64.const" | "f32.const" | "f64.const" | "v128.const" => Literals::Constants,
            "i8x16.shuffle" => Literals::Lanes,
            _ if word.ends_with("_lane") || word.ends_with("_lane_s") || word.ends_with("_lane_u") => Literals::Lanes,
            _ => Literals::None,
        };
        match word.strip_prefix("offset=").or_else(|| word.strip_prefix("align=")) {
            Some(number) if number.starts_with(['+', '-']) => Err(format!("unknown operator {word}")),
            _ => Ok(()),
        }
    }

    /// A list begins, with a word.
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
            _ if !legacy && is_legacy(word) => return Err(format!("unknown operator {word}")),
            Kind::Instructions | Kind::Operands | Kind::Segment | Kind::Condition => match word {
                "block" | "loop" | "try_table" | "offset" | "item" => Kind::Instructions,
                "if" => Kind::Condition,
                "try" => Kind::Try,
                "elem" | "data" => Kind::Operands,
                _ if clause && clauses => Kind::Plain,
                "then" | "else" | "end" | "do" | "delegate" => return unexpected(&format!("`{word}` in a list")),
                _ if clause => return unexpected(&format!("`{word}` belongs to no block")),
                // The parser knows lists of numbers in segments, which no version has.
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
    Err(format!("unexpected token ({why})"))
}

/// What is in a module's field.
fn field(word: &str) -> Kind {
    match word {
        "func" | "global" | "table" => Kind::Instructions,
        "elem" | "data" => Kind::Segment,
        "memory" => Kind::Operands,
        _ => Kind::Plain,
    }
}

/// Words that only the older exceptions have.
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
