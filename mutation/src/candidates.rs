//! Finds every change that the mutators can make to a file.
//!
//! The file is parsed, and its functions are walked. Code that cannot be switched at run time is left out: constants and statics,
//! `const fn`, lengths of arrays, patterns, tests, and code for another CPU. Arguments of macros are walked if they are
//! comma-separated expressions.

use crate::mutators::{MESSAGES, Place, in_field, other_method, other_variants};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::HashMap;
use std::ops::Range;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{BinOp, Expr, Lit, ReturnType, Stmt, Token, Type, UnOp};

/// The way to put a change behind a switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// The expression is replaced with this one.
    Expression(String),
    /// A number that is converted is first converted to a narrower type, or one with the other signedness.
    Converted {
        /// The type in between.
        through: &'static str,
        /// The type that it is converted to.
        to: String,
    },
    /// Statements are replaced with these.
    Statements(String),
    /// A condition is negated.
    Negated,
    /// A condition becomes `true`.
    OrTrue,
    /// A condition becomes `false`.
    OrFalse,
    /// A statement is skipped.
    Skipped,
    /// At the beginning of a body: this is returned.
    Returned(String),
    /// After the pattern of an arm: a guard that fails.
    Guarded,
}

/// A change to a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The path of the file, from the root of the tree.
    pub file: String,
    /// The name of the function, with the type that it belongs to.
    pub function: String,
    /// The name of the mutator.
    pub mutator: &'static str,
    /// The range of the text that a person would change.
    pub range: Range<usize>,
    /// ... and that text.
    pub before: String,
    /// The text that the person would write instead.
    pub after: String,
    /// The range of the text that is put behind the switch.
    pub place: Range<usize>,
    /// How it is put behind the switch.
    pub form: Form,
    /// The index among the changes in the function that are otherwise the same.
    pub nth: usize,
    /// What goes wrong, if a person wrote the change; otherwise empty.
    pub why: String,
}

impl Candidate {
    /// A text that stays the same when lines move and comments change: everything except the positions.
    pub fn identity(&self) -> String {
        let Candidate { file, function, mutator, before, after, nth, .. } = self;
        format!("{file} {function} {mutator} `{}` -> `{}` #{nth}", code(before), code(after))
    }

    /// A short name: a hash of the identity.
    pub fn id(&self) -> String {
        format!("{:012x}", hash(&[&self.identity()]) >> 16)
    }

    /// The room that the file belongs to.
    pub fn room(&self) -> &str {
        let inside = self.file.strip_prefix("src/").unwrap_or(&self.file);
        inside.split(['/', '.']).next().unwrap_or(inside)
    }
}

/// A text with one space for each run of spaces and line breaks, so that it does not depend on the indentation and can stand in a
/// table.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Code in one line, like [`one_line`], without its comments. A text that is not made of tokens keeps them.
pub fn code(text: &str) -> String {
    if !text.contains("//") && !text.contains("/*") {
        return one_line(text);
    }
    let Ok(tokens) = text.parse() else { return one_line(text) };
    let mut found = Vec::new();
    spans(text, tokens, &mut found);
    let mut code = String::new();
    let mut end = 0;
    for span in found {
        let separator = if end < span.start && end > 0 { " " } else { "" };
        code = code + separator + &text[span.clone()];
        end = span.end;
    }
    // A string may have lines of its own.
    one_line(&code)
}

/// The ranges of tokens and of their delimiters in the text that they were made from.
fn spans(text: &str, tokens: TokenStream, found: &mut Vec<Range<usize>>) {
    // The tokens of a documentation comment have the range of the comment.
    let is_comment =
        |token: &TokenTree| ["//", "/*"].iter().any(|mark| text[token.span().byte_range()].starts_with(mark));
    for token in tokens.into_iter().filter(|token| !is_comment(token)) {
        match token {
            TokenTree::Group(group) if group.delimiter() != Delimiter::None => {
                found.push(group.span_open().byte_range());
                spans(text, group.stream(), found);
                found.push(group.span_close().byte_range());
            }
            TokenTree::Group(group) => spans(text, group.stream(), found),
            other => found.push(other.span().byte_range()),
        }
    }
}

/// A hash that is always and everywhere the same: FNV-1a with a final mixing step.
pub fn hash(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0xff]));
    let mut x = bytes.fold(0xcbf2_9ce4_8422_2325, |h: u64, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    x = (x ^ (x >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    x = (x ^ (x >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    x ^ (x >> 33)
}

/// The places of a file around which a change can be put.
#[derive(Debug, Default)]
pub struct Places {
    /// The expressions that have a value.
    pub expressions: Vec<Range<usize>>,
    /// The statements, with a list for each block.
    pub blocks: Vec<Vec<Range<usize>>>,
    /// The bodies of functions, with the functions' names.
    pub functions: Vec<(Range<usize>, String)>,
}

/// The changes to a file, and the number of macros that were not examined.
#[derive(Debug, Default)]
pub struct Found {
    /// The changes, in the order of the file.
    pub candidates: Vec<Candidate>,
    /// The number of uses of macros whose arguments are not expressions, or are messages.
    pub opaque: usize,
}

/// All changes that the mutators can make to a file.
///
/// # Errors
/// The file cannot be parsed.
pub fn find(file: &str, text: &str) -> Result<Found, String> {
    let mut found = walk(file, text)?.found;
    found.candidates.sort_by_key(|c| (c.range.start, c.range.end));
    let mut seen = HashMap::new();
    for candidate in &mut found.candidates {
        let same = seen.entry(candidate.identity()).or_insert(0);
        candidate.nth = *same;
        *same += 1;
    }
    Ok(found)
}

/// All places of a file around which a change can be put.
///
/// # Errors
/// The file cannot be parsed.
pub fn places(file: &str, text: &str) -> Result<Places, String> {
    walk(file, text).map(|walk| walk.places)
}

fn walk<'a>(file: &'a str, text: &'a str) -> Result<Walk<'a>, String> {
    let tree = syn::parse_file(text).map_err(|e| format!("{file}:{}: {e}", e.span().start().line))?;
    let (found, places) = (Found::default(), Places::default());
    let mut walk = Walk { file, text, scope: Vec::new(), in_function: false, found, places };
    walk.visit_file(&tree);
    Ok(walk)
}

struct Walk<'a> {
    file: &'a str,
    text: &'a str,
    scope: Vec<String>,
    in_function: bool,
    found: Found,
    places: Places,
}

/// Whether an item is not in an ordinary build for this CPU.
fn is_elsewhere(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let syn::Meta::List(list) = &attribute.meta else { return attribute.path().is_ident("test") };
        let tokens: String = list.tokens.to_string().split_whitespace().collect();
        let only = ["test", "loom", "fuzzing", "windows", "miri"];
        list.path.is_ident("cfg")
            && (only.iter().any(|name| tokens == *name || tokens.starts_with(&format!("all({name},")))
                || tokens.contains("target_arch=\"aarch64\"") && !tokens.contains("x86_64")
                || tokens.contains("not(target_arch=\"x86_64\")")
                || tokens.contains("not(feature=\"harness\")"))
    })
}

/// Whether the expression is a `let` condition, alone or in a chain.
fn has_let(expr: &Expr) -> bool {
    match expr {
        Expr::Let(_) => true,
        Expr::Binary(b) if matches!(b.op, BinOp::And(_)) => has_let(&b.left) || has_let(&b.right),
        Expr::Paren(p) => has_let(&p.expr),
        _ => false,
    }
}

/// Whether a statement may leave the function: `f()?;`, or an `if` that ends in `return`, `break` or `continue`.
fn is_check(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Expr(Expr::Try(_), Some(_)) => true,
        Stmt::Expr(Expr::If(e), _) if e.else_branch.is_none() => e
            .then_branch
            .stmts
            .last()
            .is_some_and(|last| matches!(last, Stmt::Expr(Expr::Return(_) | Expr::Break(_) | Expr::Continue(_), _))),
        _ => false,
    }
}

/// Whether a number looks small, so that a conversion through any type leaves it unchanged: a constant, a count or an index, or
/// something converted from a narrow type.
fn is_small(e: &Expr) -> bool {
    match e {
        Expr::Lit(_) => true,
        Expr::Paren(e) => is_small(&e.expr),
        Expr::Path(e) => {
            e.path.segments.last().is_some_and(|name| name.ident.to_string().chars().all(|c| !c.is_lowercase()))
        }
        Expr::MethodCall(e) => ["len", "count", "index", "number", "position"].iter().any(|name| e.method == name),
        Expr::Field(e) => matches!(e.member, syn::Member::Unnamed(_)),
        Expr::Cast(e) => {
            matches!(&*e.ty, Type::Path(ty) if ["u8", "u16", "bool"].iter().any(|name| ty.path.is_ident(name)))
        }
        _ => false,
    }
}

/// The last segment of a path, and the one before it.
fn last_two(path: &syn::Path) -> (String, String) {
    let mut names = path.segments.iter().rev().map(|segment| segment.ident.to_string());
    let last = names.next().unwrap_or_default();
    (names.next().unwrap_or_default(), last)
}

impl Walk<'_> {
    fn range(&self, node: &impl Spanned) -> Range<usize> {
        node.span().byte_range()
    }

    fn of(&self, range: &Range<usize>) -> &str {
        &self.text[range.clone()]
    }

    fn source(&self, node: &impl Spanned) -> String {
        self.text[self.range(node)].to_string()
    }

    fn add(&mut self, mutator: &'static str, range: Range<usize>, after: String, place: Range<usize>, form: Form) {
        if !self.in_function {
            return;
        }
        let function = self.scope.join("::");
        let before = self.of(&range).to_string();
        // A text that is left out shows best what it was about; a small change is about the function and the larger text.
        let about = if before.len() < place.len() { self.of(&place) } else { &before };
        let mutator = in_field(mutator, &Place { file: self.file, function: &function, text: about });
        let file = self.file.to_string();
        let why = String::new();
        self.found.candidates.push(Candidate {
            file,
            function,
            mutator,
            range,
            before,
            after,
            place,
            form,
            nth: 0,
            why,
        });
    }

    /// Adds a change of a whole expression; `written` differs if the parentheses that make it safe would only be noise.
    fn expression(&mut self, mutator: &'static str, node: &impl Spanned, written: String, exact: String) {
        let range = self.range(node);
        self.add(mutator, range.clone(), written, range, Form::Expression(exact));
    }

    fn same(&mut self, mutator: &'static str, node: &impl Spanned, text: String) {
        self.expression(mutator, node, text.clone(), text);
    }

    fn condition(&mut self, cond: &Expr) {
        if !has_let(cond) {
            let (range, text) = (self.range(cond), self.source(cond));
            self.add("condition-negated", range.clone(), format!("!({text})"), range, Form::Negated);
        }
    }

    fn binary(&mut self, e: &syn::ExprBinary) {
        let (left, right, op) = (self.source(&e.left), self.source(&e.right), self.source(&e.op));
        let others: &[(&'static str, &str)] = match e.op {
            BinOp::Lt(_) => &[("comparison-edge", "<="), ("comparison-inverse", ">=")],
            BinOp::Le(_) => &[("comparison-edge", "<"), ("comparison-inverse", ">")],
            BinOp::Gt(_) => &[("comparison-edge", ">="), ("comparison-inverse", "<=")],
            BinOp::Ge(_) => &[("comparison-edge", ">"), ("comparison-inverse", "<")],
            BinOp::Eq(_) => &[("comparison-inverse", "!=")],
            BinOp::Ne(_) => &[("comparison-inverse", "==")],
            BinOp::Add(_) => &[("arithmetic", "-")],
            BinOp::Sub(_) => &[("arithmetic", "+")],
            BinOp::Mul(_) => &[("arithmetic", "+")],
            BinOp::Div(_) => &[("arithmetic", "*")],
            BinOp::Rem(_) => &[("arithmetic", "/")],
            BinOp::BitAnd(_) => &[("bits", "|")],
            BinOp::BitOr(_) => &[("bits", "&")],
            BinOp::BitXor(_) => &[("bits", "|")],
            BinOp::Shl(_) => &[("shift", ">>")],
            BinOp::Shr(_) => &[("shift", "<<")],
            BinOp::AddAssign(_) => &[("arithmetic", "-=")],
            BinOp::SubAssign(_) => &[("arithmetic", "+=")],
            BinOp::MulAssign(_) => &[("arithmetic", "+=")],
            BinOp::DivAssign(_) => &[("arithmetic", "*=")],
            BinOp::BitAndAssign(_) => &[("bits", "|=")],
            BinOp::BitOrAssign(_) => &[("bits", "&=")],
            BinOp::BitXorAssign(_) => &[("bits", "|=")],
            BinOp::ShlAssign(_) => &[("shift", ">>=")],
            BinOp::ShrAssign(_) => &[("shift", "<<=")],
            _ => &[],
        };
        let is_assignment = op.ends_with('=') && !["==", "!=", "<=", ">="].contains(&op.as_str());
        for &(mutator, other) in others {
            let written = format!("{left} {other} {right}");
            let exact = if is_assignment { written.clone() } else { format!("({left}) {other} ({right})") };
            self.expression(mutator, e, written, exact);
        }
        let (dropped_is, form) = match e.op {
            BinOp::And(_) => ("&&", Form::OrTrue),
            BinOp::Or(_) => ("||", Form::OrFalse),
            _ => return,
        };
        debug_assert_eq!(op, dropped_is);
        let whole = self.range(e);
        for (dropped, kept) in [(&e.left, &right), (&e.right, &left)] {
            if !has_let(dropped) {
                self.add("operand-dropped", whole.clone(), kept.clone(), self.range(dropped), form.clone());
            }
        }
    }

    fn integer(&mut self, lit: &syn::LitInt) {
        let Ok(n) = lit.base10_parse::<u128>() else { return };
        let text = self.source(lit);
        let digits = &text[..text.len() - lit.suffix().len()];
        let write = |n: u128| match digits.get(..2) {
            Some("0x") => format!("{n:#x}{}", lit.suffix()),
            Some("0b") => format!("{n:#b}{}", lit.suffix()),
            _ => format!("{n}{}", lit.suffix()),
        };
        self.same("constant-by-one", lit, write(n + 1));
        if n > 0 {
            self.same("constant-by-one", lit, write(n - 1));
        }
        if n > 4 {
            let power = n.checked_next_power_of_two().unwrap_or(n);
            self.same("constant-power", lit, write(if power == n { n / 2 } else { power }));
            if power == n && n < 1 << 63 {
                self.same("constant-power", lit, write(n * 2));
            }
        }
    }

    fn path(&mut self, e: &syn::ExprPath) {
        if e.qself.is_some() || e.path.segments.iter().any(|segment| !segment.arguments.is_none()) {
            return;
        }
        let (of, last) = last_two(&e.path);
        let is_constant =
            last.len() > 1 && last.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        let text = self.source(e);
        if is_constant && last.chars().any(|c| c.is_ascii_alphabetic()) {
            self.same("constant-used", e, format!("({text} + 1)"));
            self.same("constant-used", e, format!("({text} - 1)"));
        }
        if !of.is_empty() {
            let head = &text[..text.len() - last.len()];
            for (other, mutator) in other_variants(&of, &last) {
                self.same(mutator, e, format!("{head}{other}"));
            }
        }
    }

    fn method(&mut self, e: &syn::ExprMethodCall) {
        let (name, whole) = (e.method.to_string(), self.range(e));
        let method = self.range(&e.method);
        let (head, tail) = (&self.text[whole.start..method.start], &self.text[method.end..whole.end]);
        let (head, tail) = (head.to_string(), tail.to_string());
        if let Some((other, mutator)) = other_method(&name) {
            self.same(mutator, e, format!("{head}{other}{tail}"));
        }
        if let Some(operation) = name.strip_prefix("saturating_") {
            self.same("wrapped", e, format!("{head}wrapping_{operation}{tail}"));
        }
        if let Some(operation) = name.strip_prefix("checked_").filter(|o| ["add", "sub", "mul", "neg"].contains(o)) {
            self.same("wrapped", e, format!("Some({head}wrapping_{operation}{tail})"));
        }
        self.swapped(e, &e.args);
    }

    /// Adds changes that swap two neighbouring arguments of a call.
    fn swapped(&mut self, call: &impl Spanned, args: &Punctuated<Expr, Token![,]>) {
        let whole = self.range(call);
        let places: Vec<Range<usize>> = args.iter().map(|arg| self.range(arg)).collect();
        for pair in places.windows(2) {
            let (a, b) = (&pair[0], &pair[1]);
            if self.of(a) == self.of(b) {
                continue;
            }
            let text = [
                &self.text[whole.start..a.start],
                self.of(b),
                &self.text[a.end..b.start],
                self.of(a),
                &self.text[b.end..whole.end],
            ];
            let text = text.concat();
            self.same("arguments-swapped", call, text);
        }
    }

    fn cast(&mut self, e: &syn::ExprCast) {
        if is_small(&e.expr) {
            return;
        }
        let (value, to) = (self.source(&e.expr), self.source(&e.ty));
        let through: &[&str] = match to.as_str() {
            "u64" | "usize" => &["u32", "i32"],
            "i64" | "isize" => &["u32", "i32"],
            "u32" => &["u16"],
            "i32" => &["i16", "u16"],
            "u16" => &["u8"],
            "i16" => &["i8"],
            "u8" => &["i8"],
            "u128" => &["u64"],
            _ => return,
        };
        for narrow in through {
            let (whole, place) = (self.range(e), self.range(&e.expr));
            let form = Form::Converted { through: narrow, to: to.clone() };
            self.add("cast", whole, format!("({value}) as {narrow} as {to}"), place, form);
        }
    }

    fn range_ends(&mut self, e: &syn::ExprRange) {
        for (end, by) in [(&e.start, "+ 1"), (&e.end, "+ 1"), (&e.end, "- 1")] {
            let Some(end) = end else { continue };
            let text = self.source(end);
            self.expression("range-end", &**end, format!("{text} {by}"), format!("({text}) {by}"));
        }
    }

    fn statements(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            let droppable = match stmt {
                Stmt::Expr(Expr::If(e), _) => e.else_branch.is_none(),
                Stmt::Expr(Expr::ForLoop(_) | Expr::While(_), _) => true,
                Stmt::Expr(Expr::MethodCall(_) | Expr::Call(_) | Expr::Assign(_) | Expr::Try(_), Some(_)) => true,
                Stmt::Expr(Expr::Binary(_), Some(_)) => true,
                _ => false,
            };
            if droppable {
                let mutator = if is_check(stmt) { "check-dropped" } else { "statement-dropped" };
                let range = self.range(stmt);
                self.add(mutator, range.clone(), String::new(), range, Form::Skipped);
            }
        }
        for pair in stmts.windows(2).filter(|pair| pair.iter().all(is_check)) {
            let (a, b) = (self.range(&pair[0]), self.range(&pair[1]));
            let whole = a.start..b.end;
            let text = format!("{}{}{}", self.of(&b), &self.text[a.end..b.start], self.of(&a));
            self.add("check-order", whole.clone(), text.clone(), whole, Form::Statements(text));
        }
    }

    /// Adds changes to a function's body that return a plain value at once.
    fn body(&mut self, output: &ReturnType, block: &syn::Block) {
        let values: Vec<String> = match output {
            ReturnType::Default => vec![String::new()],
            ReturnType::Type(_, ty) => plain(ty),
        };
        let at = self.range(&block.brace_token.span.open()).end;
        // A body with one expression, or an empty one, is already its own value.
        let inside = self.text[at..self.range(block).end - 1].trim();
        for value in values.into_iter().filter(|value| !inside.is_empty() && value != inside) {
            let range = self.range(block);
            let text = format!("return {value};").replace(" ;", ";");
            self.add("body-replaced", range, format!("{{ {value} }}"), at..at, Form::Returned(text));
        }
    }

    fn inside(&mut self, name: String, walk: impl FnOnce(&mut Self)) {
        self.scope.push(name);
        walk(self);
        self.scope.pop();
    }

    fn function(&mut self, signature: &syn::Signature, block: &syn::Block) {
        if signature.constness.is_some() {
            return;
        }
        let before = std::mem::replace(&mut self.in_function, true);
        self.inside(signature.ident.to_string(), |walk| {
            walk.places.functions.push((walk.range(block), walk.scope.join("::")));
            walk.body(&signature.output, block);
            walk.visit_block(block);
        });
        self.in_function = before;
    }

    fn look_into(&mut self, mac: &syn::Macro) {
        let name = mac.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        if !self.in_function || MESSAGES.contains(&name.as_str()) || mac.tokens.is_empty() {
            self.found.opaque += 1;
            return;
        }
        let parsed = if name == "matches" {
            (|input: ParseStream| {
                let first = input.parse::<Expr>()?;
                input.parse::<TokenStream>()?;
                Ok(vec![first])
            })
            .parse2(mac.tokens.clone())
        } else {
            Punctuated::<Expr, Token![,]>::parse_terminated
                .parse2(mac.tokens.clone())
                .map(|all| all.into_iter().collect())
        };
        match parsed {
            Ok(exprs) => exprs.iter().for_each(|expr| self.visit_expr(expr)),
            Err(_) => self.found.opaque += 1,
        }
    }
}

/// Plain values of a type, as far as its name shows.
fn plain(ty: &Type) -> Vec<String> {
    let values: &[&str] = match ty {
        Type::Tuple(t) if t.elems.is_empty() => &["()"],
        Type::Path(p) => {
            let Some(last) = p.path.segments.last() else { return Vec::new() };
            match last.ident.to_string().as_str() {
                "bool" => &["true", "false"],
                "Option" => &["None"],
                "Vec" => &["Vec::new()"],
                "String" => &["String::new()"],
                "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "i8" | "i16" | "i32" | "i64" | "isize" => &["0", "1"],
                "f32" | "f64" => &["0.0"],
                "Result" => {
                    let syn::PathArguments::AngleBracketed(args) = &last.arguments else { return Vec::new() };
                    let Some(syn::GenericArgument::Type(inner)) = args.args.first() else { return Vec::new() };
                    return plain(inner).into_iter().map(|value| format!("Ok({value})")).collect();
                }
                _ => &["Default::default()"],
            }
        }
        _ => &[],
    };
    values.iter().map(|value| value.to_string()).collect()
}

impl<'ast> Visit<'ast> for Walk<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        use syn::Item;
        let attributes = match item {
            Item::Fn(i) => &i.attrs,
            Item::Impl(i) => &i.attrs,
            Item::Mod(i) => &i.attrs,
            Item::Trait(i) => &i.attrs,
            Item::Macro(_) => {
                self.found.opaque += 1;
                return;
            }
            _ => return,
        };
        if !is_elsewhere(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_fn(&mut self, i: &'ast syn::ItemFn) {
        self.function(&i.sig, &i.block);
    }

    fn visit_item_mod(&mut self, i: &'ast syn::ItemMod) {
        self.inside(i.ident.to_string(), |walk| visit::visit_item_mod(walk, i));
    }

    fn visit_item_trait(&mut self, i: &'ast syn::ItemTrait) {
        self.inside(i.ident.to_string(), |walk| visit::visit_item_trait(walk, i));
    }

    fn visit_item_impl(&mut self, i: &'ast syn::ItemImpl) {
        let name = match &*i.self_ty {
            Type::Path(p) => last_two(&p.path).1,
            other => self.source(other),
        };
        let name = match &i.trait_ {
            Some((_, path, _)) => format!("<{name} as {}>", last_two(path).1),
            None => name,
        };
        self.inside(name, |walk| visit::visit_item_impl(walk, i));
    }

    fn visit_impl_item(&mut self, i: &'ast syn::ImplItem) {
        if let syn::ImplItem::Fn(f) = i
            && !is_elsewhere(&f.attrs)
        {
            self.function(&f.sig, &f.block);
        }
    }

    fn visit_trait_item(&mut self, i: &'ast syn::TraitItem) {
        if let syn::TraitItem::Fn(f) = i
            && let Some(block) = &f.default
        {
            self.function(&f.sig, block);
        }
    }

    fn visit_block(&mut self, block: &'ast syn::Block) {
        self.statements(&block.stmts);
        if self.in_function {
            let statements = block.stmts.iter().map(|stmt| self.range(stmt)).collect();
            self.places.blocks.push(statements);
        }
        visit::visit_block(self, block);
    }

    fn visit_stmt(&mut self, stmt: &'ast Stmt) {
        let attributes: &[syn::Attribute] = match stmt {
            Stmt::Local(local) => &local.attrs,
            Stmt::Macro(m) => &m.attrs,
            _ => &[],
        };
        if is_elsewhere(attributes) {
            return;
        }
        if let Stmt::Macro(m) = stmt {
            self.look_into(&m.mac);
        } else {
            visit::visit_stmt(self, stmt);
        }
    }

    fn visit_expr(&mut self, expr: &'ast Expr) {
        if self.in_function && !has_let(expr) && !matches!(expr, Expr::Const(_)) {
            let range = self.range(expr);
            self.places.expressions.push(range);
        }
        match expr {
            Expr::Binary(e) => self.binary(e),
            Expr::Unary(e) => {
                let inner = self.source(&e.expr);
                match e.op {
                    UnOp::Not(_) => self.same("condition-negated", e, inner),
                    UnOp::Neg(_) => self.same("sign-left-out", e, inner),
                    _ => {}
                }
            }
            Expr::Lit(e) => match &e.lit {
                Lit::Int(lit) => self.integer(lit),
                Lit::Bool(lit) => self.same("boolean", e, (!lit.value).to_string()),
                _ => {}
            },
            Expr::Path(e) => self.path(e),
            Expr::MethodCall(e) => self.method(e),
            Expr::Call(e) => self.swapped(e, &e.args),
            Expr::Cast(e) => self.cast(e),
            Expr::Range(e) => self.range_ends(e),
            Expr::If(e) => self.condition(&e.cond),
            Expr::While(e) => self.condition(&e.cond),
            Expr::Let(e) => {
                if matches!(&*e.pat, syn::Pat::TupleStruct(p) if p.path.is_ident("Some")) {
                    self.same("option-ignored", &e.expr, "None".into());
                }
            }
            Expr::Macro(e) => return self.look_into(&e.mac),
            Expr::Const(_) => return,
            Expr::Repeat(e) => return self.visit_expr(&e.expr),
            Expr::Assign(e) => {
                // The target of an assignment is a place: only the expressions inside it have a value.
                if let Expr::Index(index) = &*e.left {
                    self.visit_expr(&index.index);
                }
                return self.visit_expr(&e.right);
            }
            _ => {}
        }
        match expr {
            // The function itself is not a value that can be replaced.
            Expr::Call(e) if matches!(&*e.func, Expr::Path(_)) => e.args.iter().for_each(|arg| self.visit_expr(arg)),
            Expr::Match(e) => {
                let takes_all = |arm: &syn::Arm| {
                    arm.guard.is_none()
                        && matches!(&arm.pat, syn::Pat::Wild(_) | syn::Pat::Ident(syn::PatIdent { subpat: None, .. }))
                };
                let last = e.arms.iter().rposition(takes_all).unwrap_or(0);
                for arm in &e.arms[..last] {
                    let (range, at) = (self.range(arm), self.range(&arm.pat).end);
                    match &arm.guard {
                        None => self.add("arm-dropped", range, String::new(), at..at, Form::Guarded),
                        Some((_, guard)) if !has_let(guard) => {
                            self.add("arm-dropped", range, String::new(), self.range(guard), Form::OrFalse);
                            let (range, text) = (self.range(guard), self.source(guard));
                            self.add(
                                "condition-negated",
                                range.clone(),
                                format!("!({text})"),
                                range.clone(),
                                Form::Negated,
                            );
                            self.add("operand-dropped", range.clone(), "true".into(), range, Form::OrTrue);
                        }
                        Some(_) => {}
                    }
                }
                visit::visit_expr(self, expr);
            }
            _ => visit::visit_expr(self, expr),
        }
    }

    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
    fn visit_pat(&mut self, _: &'ast syn::Pat) {}
    fn visit_type(&mut self, _: &'ast Type) {}
    fn visit_generics(&mut self, _: &'ast syn::Generics) {}
    fn visit_angle_bracketed_generic_arguments(&mut self, _: &'ast syn::AngleBracketedGenericArguments) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(source: &str) -> Vec<String> {
        let found = find("src/a/b.rs", source).unwrap();
        found
            .candidates
            .iter()
            .map(|c| format!("{} `{}` `{}`", c.mutator, one_line(&c.before), one_line(&c.after)))
            .collect()
    }

    #[test]
    fn what_cannot_be_switched_is_left_out() {
        for source in [
            "const A: u32 = 1 + 2;",
            "static A: bool = true;",
            "const fn f(a: u32) -> u32 { a + 1 }",
            "#[cfg(test)] mod tests { fn f(a: u32) -> u32 { a + 1 } }",
            "#[test] fn f() { g(1, 2); }",
            "#[cfg(target_arch = \"aarch64\")] fn f(a: u32) -> u32 { a + 1 }",
            "fn f(a: [u8; 4]) { let _: [u8; 3] = g::<7>(a); }",
            "fn f() { const A: u32 = 1 + 2; }",
            "fn f(a: S) -> S { match a { S(3..=5) => a, _ => a } }",
            "fn f(a: u32) { assert!(a < 3); panic!(\"{}\", a + 1); }",
        ] {
            let found = changes(source);
            let found: Vec<_> =
                found.iter().filter(|c| !c.starts_with("body-replaced") && !c.starts_with("arm")).collect();
            assert!(found.is_empty(), "{source}: {found:?}");
        }
    }

    #[test]
    fn arguments_of_macros_are_looked_into() {
        assert_eq!(changes("fn f(a: u32) { vec![a + b]; }")[1], "arithmetic `a + b` `a - b`");
        assert!(changes("fn f(a: u32) { matches!(a + b, 3 | 4); }").contains(&"arithmetic `a + b` `a - b`".into()));
        let found = find("src/a.rs", "fn f() { ours! { a => b }; theirs!(x < y); }").unwrap();
        assert_eq!(found.opaque, 1);
        assert!(found.candidates.iter().any(|c| c.mutator == "comparison-edge"));
    }

    #[test]
    fn chains_with_patterns_lose_only_their_plain_conditions() {
        let found = changes("fn f() -> bool { if let Some(x) = g() && x < 3 { true } else { false } }");
        assert!(
            found.contains(&"operand-dropped `let Some(x) = g() && x < 3` `let Some(x) = g()`".into()),
            "{found:?}"
        );
        assert!(found.contains(&"option-ignored `g()` `None`".into()));
        assert_eq!(found.iter().filter(|c| c.starts_with("operand-dropped")).count(), 1);
        assert!(!found.iter().any(|c| c.starts_with("condition-negated")));
    }

    #[test]
    fn conversions_of_small_numbers_stay() {
        let conversions = |value: &str| {
            let found = changes(&format!("fn f(a: &S) {{ g({value}); }}"));
            found.iter().filter(|c| c.starts_with("cast")).count()
        };
        for small in ["3", "S::SIZE", "a.len()", "a.0", "(a.b as u8)"] {
            assert_eq!(conversions(&format!("{small} as u64")), conversions(small), "{small}");
        }
        for any in ["a", "a.b", "a.length()", "(a.b as i32)", "(a + b)"] {
            assert_eq!(conversions(&format!("{any} as u64")), conversions(any) + 2, "{any}");
        }
    }

    #[test]
    fn comments_are_no_code() {
        for (text, expected) in [
            ("a  +\n  b", "a + b"),
            ("f(x); // Why.\n    g(y /* Or z. */);", "f(x); g(y );"),
            ("{\n    // Why.\n    f()\n}", "{ f() }"),
            ("f(\"http://x /* y */\")", "f(\"http://x /* y */\")"),
            ("{ /// Kept for the docs.\n fn f() {} }", "{ fn f() {} }"),
            ("'a' // {\n", "'a'"),
            // No tokens.
            ("f( // Why.", "f( // Why."),
        ] {
            assert_eq!(code(text), expected, "{text}");
        }
    }

    #[test]
    fn identities_stay_when_comments_change() {
        let of = |comment: &str| {
            let source =
                format!("fn f(a: u32) {{\n    if a > 3 {{ // {comment}\n        g(a + 1);\n    }}\n    h();\n}}\n");
            find("src/a.rs", &source).unwrap().candidates.iter().map(Candidate::id).collect::<Vec<_>>()
        };
        assert!(of("x").len() > 5);
        assert_eq!(of("Small ones stay."), of("It's { another"));
    }

    #[test]
    fn identities_stay_when_lines_move() {
        let source = "impl S {\n    fn f(&self, a: u32) -> u32 { a + 1 + 1 }\n}\n";
        let of =
            |source: &str| find("src/a.rs", source).unwrap().candidates.iter().map(Candidate::id).collect::<Vec<_>>();
        let moved = format!("// More.\nfn g(a: u32) -> u32 {{ a + 1 }}\n{source}");
        let (ids, moved) = (of(source), of(&moved));
        assert!(ids.iter().all(|id| moved.contains(id)), "{ids:?} {moved:?}");
        let unique: std::collections::BTreeSet<_> = moved.iter().collect();
        assert_eq!(unique.len(), moved.len());
        let candidate = &find("src/jit/a.rs", source).unwrap().candidates[0];
        assert_eq!((candidate.function.as_str(), candidate.room()), ("S::f", "jit"));
    }
}
