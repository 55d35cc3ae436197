//! The folded form of the older exceptions: `(try (do …) (catch $e …))`, which `wast` knows only in its flat form.
//!
//! A folded `try` is rewritten as `try … catch $e … end`, and so is everything that has it as an operand, since only
//! folded instructions can be operands. Lines stay where they are, and everything else is unchanged.

use super::lexer::lexer;
use super::rewrite::{Rewrite, Rewriter};
use wast::lexer::TokenKind;
use wast::token::Span;

/// Returns the text with each folded `try` unfolded; `None` if it has none.
///
/// # Errors
/// If a folded `try` is not well-formed, with its position.
pub fn unfolded(text: &str) -> Result<Option<Rewrite>, wast::Error> {
    // The bytes are checked first: few texts contain the word, and the lexer is slow.
    if !text.contains("try") {
        return Ok(None);
    }
    let Some(tree) = Tree::of(text) else { return Ok(None) };
    let mut writer = Writer { tree, out: Rewriter::new(text) };
    let last = writer.tree.tokens.len();
    writer.items(last)?;
    Ok(Some(writer.out.finish()))
}

#[derive(Clone, Copy)]
struct Token {
    kind: TokenKind,
    start: usize,
    end: usize,
    /// For an opening parenthesis, the position of the closing one.
    close: usize,
    /// For an opening parenthesis, whether the list is or contains a folded `try`.
    holds_try: bool,
}

/// A text's tokens without its annotations, which may appear between any two tokens, like comments.
struct Tree<'a> {
    text: &'a str,
    tokens: Vec<Token>,
}

impl<'a> Tree<'a> {
    /// Returns the tree of a text with a folded `try`; `None` if it has none, or is broken.
    fn of(text: &'a str) -> Option<Tree<'a>> {
        let lexer = lexer(text);
        let mut tokens: Vec<Token> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        let mut any = false;
        // The number of open lists within an annotation, including the annotation itself.
        let mut annotation = 0_usize;
        for token in lexer.iter(0) {
            let token = token.ok()?;
            let src = token.src(text);
            let (start, end) = (token.offset, token.offset + src.len());
            if annotation > 0 {
                match token.kind {
                    TokenKind::LParen => annotation += 1,
                    TokenKind::RParen => annotation -= 1,
                    _ => {}
                }
                continue;
            }
            match token.kind {
                TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment => continue,
                TokenKind::Annotation
                    if tokens.pop_if(|last| last.kind == TokenKind::LParen && last.end == start).is_some() =>
                {
                    open.pop();
                    annotation = 1;
                    continue;
                }
                TokenKind::LParen => open.push(tokens.len()),
                TokenKind::RParen => {
                    let opening = open.pop()?;
                    tokens[opening].close = tokens.len();
                    if tokens[opening].holds_try
                        && let Some(parent) = open.last()
                    {
                        tokens[*parent].holds_try = true;
                    }
                }
                TokenKind::Keyword if src == "try" => {
                    if let Some(last) = tokens.last_mut().filter(|last| last.kind == TokenKind::LParen) {
                        last.holds_try = true;
                        any = true;
                    }
                }
                _ => {}
            }
            tokens.push(Token { kind: token.kind, start, end, close: 0, holds_try: false });
        }
        (any && annotation == 0 && open.is_empty()).then_some(Tree { text, tokens })
    }

    fn src(&self, at: usize) -> &'a str {
        let token = self.tokens[at];
        &self.text[token.start..token.end]
    }

    /// Returns whether there is a list here whose first word is one of these.
    fn is_list(&self, at: usize, words: &[&str]) -> bool {
        self.tokens[at].kind == TokenKind::LParen && words.contains(&self.src(at + 1))
    }

    fn unexpected(&self, at: usize) -> wast::Error {
        let message = format!("unexpected token {} in a folded `try`", self.src(at));
        let mut error = wast::Error::new(Span::from_offset(self.tokens[at].start), message);
        error.set_text(self.text);
        error
    }
}

/// A step of rewriting the text, with token positions.
enum Step {
    /// Writes the items that begin between the two positions, starting with the first one.
    Items(usize, usize),
    Copy(usize),
    /// Omits a token.
    Drop(usize),
    /// Writes a token that was omitted at its original position.
    Moved(usize),
    /// Writes the `end` of a block that ended with this parenthesis.
    End(usize),
}

struct Writer<'a> {
    tree: Tree<'a>,
    out: Rewriter<'a>,
}

impl Writer<'_> {
    /// Writes a token, with everything between the previous token and it.
    fn copy(&mut self, at: usize) {
        self.out.copy(self.tree.tokens[at].end);
    }

    /// Omits a token.
    fn drop(&mut self, at: usize) {
        let token = self.tree.tokens[at];
        self.out.copy(token.start);
        self.out.replace(token.end, " ");
    }

    fn moved(&mut self, at: usize) {
        let token = self.tree.tokens[at];
        self.out.insert(" ", token.start);
        self.out.insert_copy(token.start..token.end);
        self.out.insert(" ", token.end);
    }

    fn end(&mut self, close: usize) {
        self.out.insert(" end ", self.tree.tokens[close].start);
    }

    /// Returns the position after what begins at `at`: a list or a token.
    fn next(&self, at: usize) -> usize {
        match self.tree.tokens[at].kind {
            TokenKind::LParen => self.tree.tokens[at].close + 1,
            _ => at + 1,
        }
    }

    /// Writes the lists and tokens before `end`. Pending work is kept in a vector rather than on the native stack,
    /// because text can be nested arbitrarily deeply.
    fn items(&mut self, end: usize) -> Result<(), wast::Error> {
        let (mut left, mut steps) = (vec![Step::Items(0, end)], Vec::new());
        while let Some(step) = left.pop() {
            match step {
                Step::Copy(at) => self.copy(at),
                Step::Drop(at) => self.drop(at),
                Step::Moved(at) => self.moved(at),
                Step::End(close) => self.end(close),
                Step::Items(at, end) if at < end => {
                    let next = self.next(at);
                    left.push(Step::Items(next, end));
                    if self.tree.tokens[at].holds_try {
                        self.list(at, &mut steps)?;
                        left.extend(steps.drain(..).rev());
                    } else {
                        (at..next).for_each(|at| self.copy(at));
                    }
                }
                Step::Items(..) => {}
            }
        }
        Ok(())
    }

    /// Pushes the steps that write a list containing a `try`.
    fn list(&self, at: usize, steps: &mut Vec<Step>) -> Result<(), wast::Error> {
        /// Lists whose items are instructions, or that contain no instructions at all.
        const KEPT: [&str; 17] = [
            "module",
            "func",
            "global",
            "table",
            "elem",
            "data",
            "offset",
            "item",
            "thread",
            "block",
            "loop",
            "try_table",
            "then",
            "else",
            "do",
            "catch",
            "catch_all",
        ];
        let close = self.tree.tokens[at].close;
        match self.tree.src(at + 1) {
            "try" => self.unfold_try(at, close, steps),
            "if" if self.holds_in_condition(at, close) => self.unfold_if(at, close, steps),
            word if word == "if" || KEPT.contains(&word) || word.starts_with("assert_") => {
                steps.push(Step::Copy(at));
                steps.push(Step::Items(at + 1, close));
                steps.push(Step::Copy(close));
                Ok(())
            }
            _ => self.unfold_plain(at, close, steps),
        }
    }

    /// Returns the position after the label and type of a block.
    fn header(&self, mut at: usize, close: usize) -> usize {
        if at < close && self.tree.tokens[at].kind == TokenKind::Id {
            at += 1;
        }
        while at < close && self.tree.is_list(at, &["type", "param", "result"]) {
            at = self.next(at);
        }
        at
    }

    fn unfold_try(&self, open: usize, close: usize, steps: &mut Vec<Step>) -> Result<(), wast::Error> {
        let mut at = self.header(open + 2, close);
        steps.push(Step::Drop(open));
        (open + 1..at).for_each(|at| steps.push(Step::Copy(at)));
        if !self.tree.is_list(at, &["do"]) {
            return Err(self.tree.unexpected(at));
        }
        // The words that may come next.
        let mut allowed: &[&str] = &["do"];
        while at < close {
            if !self.tree.is_list(at, allowed) {
                return Err(self.tree.unexpected(at));
            }
            let (word, end) = (self.tree.src(at + 1), self.tree.tokens[at].close);
            allowed = match word {
                "do" => &["catch", "catch_all", "delegate"],
                "catch" => &["catch", "catch_all"],
                _ => &[],
            };
            steps.push(Step::Drop(at));
            let mut body = at + 2;
            match word {
                "do" => steps.push(Step::Drop(at + 1)),
                "catch_all" => steps.push(Step::Copy(at + 1)),
                // With its tag or label.
                _ => {
                    if body == end || self.tree.tokens[body].kind == TokenKind::LParen {
                        return Err(self.tree.unexpected(body));
                    }
                    steps.push(Step::Copy(at + 1));
                    steps.push(Step::Copy(body));
                    body += 1;
                }
            }
            if word == "delegate" {
                if body != end {
                    return Err(self.tree.unexpected(body));
                }
                steps.push(Step::Drop(end));
                if end + 1 != close {
                    return Err(self.tree.unexpected(end + 1));
                }
                steps.push(Step::Drop(close));
                return Ok(());
            }
            steps.push(Step::Items(body, end));
            steps.push(Step::Drop(end));
            at = end + 1;
        }
        steps.push(Step::End(close));
        steps.push(Step::Drop(close));
        Ok(())
    }

    /// Returns whether a folded `if` has a `try` before its `then`.
    fn holds_in_condition(&self, open: usize, close: usize) -> bool {
        let mut at = self.header(open + 2, close);
        while at < close && !self.tree.is_list(at, &["then"]) {
            if self.tree.tokens[at].holds_try {
                return true;
            }
            at = self.next(at);
        }
        false
    }

    fn unfold_if(&self, open: usize, close: usize, steps: &mut Vec<Step>) -> Result<(), wast::Error> {
        let condition = self.header(open + 2, close);
        (open..condition).for_each(|at| steps.push(Step::Drop(at)));
        let mut at = condition;
        while at < close && !self.tree.is_list(at, &["then"]) {
            let next = self.next(at);
            steps.push(Step::Items(at, next));
            at = next;
        }
        if at == close {
            return Err(self.tree.unexpected(at));
        }
        steps.extend((open + 1..condition).map(Step::Moved));
        let mut allowed = "then";
        while at < close {
            if allowed.is_empty() || !self.tree.is_list(at, &[allowed]) {
                return Err(self.tree.unexpected(at));
            }
            let end = self.tree.tokens[at].close;
            steps.push(Step::Drop(at));
            match allowed {
                "then" => steps.push(Step::Drop(at + 1)),
                _ => steps.push(Step::Copy(at + 1)),
            }
            steps.push(Step::Items(at + 2, end));
            steps.push(Step::Drop(end));
            allowed = if allowed == "then" { "else" } else { "" };
            at = end + 1;
        }
        steps.push(Step::End(close));
        steps.push(Step::Drop(close));
        Ok(())
    }

    /// Unfolds an instruction with its operands: first the operands, then the instruction.
    fn unfold_plain(&self, open: usize, close: usize, steps: &mut Vec<Step>) -> Result<(), wast::Error> {
        const IMMEDIATES: [&str; 11] = [
            "type",
            "param",
            "result",
            "ref",
            "on",
            "exact",
            "catch",
            "catch_ref",
            "catch_all",
            "catch_all_ref",
            "memory",
        ];
        let (mut at, mut operator) = (open + 1, Vec::new());
        steps.push(Step::Drop(open));
        while at < close {
            let next = self.next(at);
            if self.tree.tokens[at].kind != TokenKind::LParen || self.tree.is_list(at, &IMMEDIATES) {
                steps.extend((at..next).map(Step::Drop));
                operator.extend((at..next).map(Step::Moved));
            } else {
                steps.push(Step::Items(at, next));
            }
            at = next;
        }
        steps.append(&mut operator);
        steps.push(Step::Drop(close));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    /// Returns the text, or the line, column and message of the error; line and column count from 1.
    fn unfolded(text: &str) -> Result<Cow<'_, str>, (usize, usize, String)> {
        let placed = |error: wast::Error| {
            let (line, column) = error.span().linecol_in(text);
            (line + 1, column + 1, error.message())
        };
        let rewrite = super::unfolded(text).map_err(placed)?;
        Ok(rewrite.map_or(Cow::Borrowed(text), |rewrite| Cow::Owned(rewrite.text().to_string())))
    }

    fn words(text: &str) -> String {
        let unfolded = unfolded(text).expect("a text");
        assert_eq!(unfolded.matches('\n').count(), text.matches('\n').count(), "{unfolded}");
        unfolded.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn folded_tries_are_unfolded_and_nothing_else_is() {
        assert!(matches!(unfolded("(func (block (nop)) try end)"), Ok(Cow::Borrowed(_))));
        assert!(matches!(unfolded("(func \"(try\" (; (try ;) $try)"), Ok(Cow::Borrowed(_))));
        assert_eq!(words("(func (try (do)))"), "(func try end )");
        assert_eq!(
            words("(func (try $l (result i32)\n (do (i32.const 1))\n (catch $e (drop))\n (catch_all)))"),
            "(func try $l (result i32) (i32.const 1) catch $e (drop) catch_all end )"
        );
        assert_eq!(words("(func (try (do nop) (delegate 0)) nop)"), "(func try nop delegate 0 nop)");
        assert_eq!(
            words("(func (drop (i32.add (i32.const 1) (try (result i32) (do i32.const 2)))))"),
            "(func (i32.const 1) try (result i32) i32.const 2 end i32.add drop )"
        );
        assert_eq!(
            words(
                "(func (if (result i32) (try (result i32) (do (i32.const 0))) (then (i32.const 1)) (else i32.const 2)))"
            ),
            "(func try (result i32) (i32.const 0) end if ( result i32 ) (i32.const 1) else i32.const 2 end )"
        );
        // This is malformed, as the parser will report.
        assert_eq!(words("(func (try (do (if (local.get 0) (nop)))))"), "(func try (if (local.get 0) (nop)) end )");
        assert_eq!(words("(func (if (local.get 0) (then (try (do)))))"), "(func (if (local.get 0) (then try end )))");
        assert_eq!(words("(func (block (loop (try (do (try (do)))))))"), "(func (block (loop try try end end )))");
        assert_eq!(
            words("(func (call_indirect $t (type 0) (try (result i32) (do (i32.const 0)))))"),
            "(func try (result i32) (i32.const 0) end call_indirect $t ( type 0 ) )"
        );
    }

    #[test]
    fn depth_takes_no_stack() {
        let deep = 100_000;
        let work = move || {
            for (open, close) in [("(try (do ", "))"), ("(block ", ")"), ("(drop ", ")"), ("(if ", " (then))")] {
                let text = format!("(func {}(try (do)){})", open.repeat(deep), close.repeat(deep));
                let unfolded = unfolded(&text).expect("a text");
                assert!(!unfolded.contains("(try"), "{open}");
            }
        };
        let thread = std::thread::Builder::new().stack_size(256 << 10).spawn(work).expect("a thread");
        thread.join().expect("it has come to the end");
    }

    #[test]
    fn what_is_no_try_is_told_with_its_place() {
        for text in [
            "(try)",
            "(try (catch_all) (do))",
            "(try (do) (do))",
            "(try (do) (catch_all) (catch_all))",
            "(try (do) (catch_all) (catch $e))",
            "(try (do) (catch $e) (delegate 0))",
            "(try (do) (delegate 0) (catch_all))",
            "(try (do) (delegate 0) (delegate 0))",
            "(try (do) (delegate))",
            "(try (do) (delegate 0 nop))",
            "(try (do) (catch))",
            "(try (do) (catch (nop)))",
            "(try (do) nop)",
            "(try nop (do))",
        ] {
            let (line, _, message) = unfolded(&format!("(func\n  {text})")).expect_err(text);
            assert_eq!(line, 2, "{text}: {message}");
            assert!(message.starts_with("unexpected token"), "{text}: {message}");
        }
    }

    #[test]
    fn operands_come_before_their_operators() {
        assert_eq!(words("(try (do))"), "try end");
        assert_eq!(
            words("(func (drop (i32.add (i32.const 1) (i32.const 2))) (try (do)))"),
            "(func (drop (i32.add (i32.const 1) (i32.const 2))) try end )"
        );
        assert_eq!(
            words("(func (drop (i32.add (try (result i32) (do (i32.const 1))) (i32.const 2))))"),
            "(func try (result i32) (i32.const 1) end (i32.const 2) i32.add drop )"
        );
        assert_eq!(
            words("(func (drop (block (result i32) (try (result i32) (do (i32.const 1))))))"),
            "(func (block (result i32) try (result i32) (i32.const 1) end ) drop )"
        );
        assert_eq!(
            words("(func (if (try (result i32) (do (i32.const 0))) (then (try (do))) (else (try (do nop)))))"),
            "(func try (result i32) (i32.const 0) end if try end else try nop end end )"
        );
        assert_eq!(words("(func (if $l (try (do)) (i32.const 1) (then)))"), "(func try end (i32.const 1) if $l end )");
    }

    /// A label and each part of a type belong to the block, and lists that are immediates belong to the instruction.
    #[test]
    fn what_is_no_operand_stays_with_its_instruction() {
        assert_eq!(
            words("(func (try $l (type 0) (param i32) (param i64) (result i32) (do nop) (catch_all nop)))"),
            "(func try $l (type 0) (param i32) (param i64) (result i32) nop catch_all nop end )"
        );
        assert_eq!(
            words("(func (if $l (type 0) (param i32) (result i32) (try (do)) (then nop) (else drop)))"),
            "(func try end if $l ( type 0 ) ( param i32 ) ( result i32 ) nop else drop end )"
        );
        for (folded, flat) in [
            (
                "call_indirect $t (type 0) (param i32 i64) (result i32)",
                "call_indirect $t ( type 0 ) ( param i32 i64 ) ( result i32 )",
            ),
            ("select (result i32)", "select ( result i32 )"),
            ("br_on_cast 0 (ref any) (ref null (exact 0))", "br_on_cast 0 ( ref any ) ( ref null ( exact 0 ) )"),
            ("ref.null (exact 0)", "ref.null ( exact 0 )"),
            ("resume 0 (on $e 0) (on $f switch)", "resume 0 ( on $e 0 ) ( on $f switch )"),
        ] {
            let text = format!("(func ({folded} (try (do)) (nop)))");
            assert_eq!(words(&text), format!("(func try end (nop) {flat} )"), "{folded}");
        }
    }

    #[test]
    fn lists_of_instructions_stay_lists() {
        for word in [
            "module",
            "func",
            "global",
            "table",
            "elem",
            "data",
            "offset",
            "item",
            "thread",
            "block",
            "loop",
            "try_table",
            "then",
            "else",
            "do",
            "catch",
            "catch_all",
            "assert_invalid",
        ] {
            assert_eq!(words(&format!("({word} (try (do)))")), format!("({word} try end )"));
        }
    }

    #[test]
    fn all_else_is_kept_to_the_letter() {
        assert_eq!(
            unfolded("(func(try(do nop)(catch_all nop))nop) ;; end\n"),
            Ok(Cow::Owned("(func try   nop  catch_all nop  end  nop) ;; end\n".to_string()))
        );
        assert_eq!(
            words("(func (export \"\u{202e}\") (; (try (do)) \u{202e} ;) (try (do)))"),
            "(func (export \"\u{202e}\") (; (try (do)) \u{202e} ;) try end )"
        );
    }

    /// Annotations may appear wherever spaces may, and contain anything.
    #[test]
    fn annotations_are_as_spaces() {
        for text in ["(module (@x (try nothing)) (func))", "(func (@x (@y (try (do))) (try)) nop)"] {
            assert!(matches!(unfolded(text), Ok(Cow::Borrowed(_))), "{text}");
        }
        assert_eq!(
            words(
                "(func (try (@a) $l (@b) (result i32) (@c \")\" (try (d))) (do (@e) (nop)) (@f) (catch (@g) $e (drop)) (@h)))"
            ),
            "(func try (@a) $l (@b) (result i32) (@c \")\" (try (d))) (@e) (nop) (@f) catch (@g) $e (drop) end (@h) )"
        );
        assert_eq!(
            words("(func (if (@a) (result i32) (try (result i32) (do nop)) (@b) (then nop) (@c) (else nop) (@d)))"),
            "(func (@a) try (result i32) nop end if ( result i32 ) (@b) nop (@c) else nop end (@d) )"
        );
        assert_eq!(
            words("(func (drop (@a) (i32.add (@b) (try (do nop)) (@c) (@d) (nop))))"),
            "(func (@a) (@b) try nop end (@c) (@d) (nop) i32.add drop )"
        );
        // One that is not an annotation, and one that does not end.
        assert_eq!(words("(func ( @x (try (do))))"), "(func try end @x )");
        assert!(matches!(unfolded("(func (try (do))) (@x (try)"), Ok(Cow::Borrowed(_))));
    }

    /// Wherever a token is moved to, a fault in it is reported at its original position.
    #[test]
    fn tokens_keep_their_origin() {
        for text in [
            "(func (try $l (do $do) (catch $catch $in)))\n (func $after)",
            "(func (i32.add $operator (type $type) (try (do $do)) (nop $operand) $more))\n (func $after)",
            "(func (if $label (try (do $do)) (@a) (then $then) (else $else)) $beside)",
        ] {
            let rewrite = super::unfolded(text).expect("a text").expect("it has a `try`");
            for (offset, _) in rewrite.text().match_indices('$') {
                let word = |text: &str| text.split(|c: char| c.is_whitespace() || c == ')').next().map(str::to_string);
                let origin = rewrite.origin(offset);
                assert_eq!(word(&text[origin..]), word(&rewrite.text()[offset..]), "{}", rewrite.text());
                assert_eq!(&text[origin..=origin], "$", "{text}");
            }
        }
    }

    /// The parser reports them.
    #[test]
    fn broken_texts_stay_as_they_are() {
        for text in ["(func (try (do))", "(func (try (do))))", "(func (try (do))) \"", "(func (try"] {
            assert!(matches!(unfolded(text), Ok(Cow::Borrowed(kept)) if kept == text), "{text}");
        }
    }

    #[test]
    fn the_first_misplaced_token_is_told() {
        for (text, column, token) in [
            ("(try)", 7, ")"),
            ("(try (catch_all) (do))", 8, "("),
            ("(try nop (do))", 8, "nop"),
            ("(try $l (result i32))", 23, ")"),
            ("(try (do) (do))", 13, "("),
            ("(try (do) nop catch_all)", 13, "nop"),
            ("(try (do) (catch))", 19, ")"),
            ("(try (do) (catch (nop)))", 20, "("),
            ("(try (do) (delegate))", 22, ")"),
            ("(try (do) (delegate 0 nop))", 25, "nop"),
            ("(try (do) (delegate 0) (catch_all))", 26, "("),
            ("(if (try (do)))", 17, ")"),
            ("(if (try (do)) (then) (then))", 25, "("),
            ("(if (try (do)) (then) nop)", 25, "nop"),
            ("(if (try (do)) (then) (else) (else))", 32, "("),
        ] {
            let message = format!("unexpected token {token} in a folded `try`");
            let error = unfolded(&format!("(func\n  {text})")).expect_err(text);
            assert_eq!(error, (2, column, message), "{text}");
        }
    }
}
