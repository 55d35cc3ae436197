//! Runs pieces: first everything that left a trace is repeated, then the request, and then what is expected to come.

use super::effects;
use super::engine::Ending;
use super::merge::{self, MergeError, Output, Part};
use super::process::Trouble;
use super::{Built, Ends, FIRST_REACH, Instance, LEAST_REACH, Piece, Planned, Programs, each, nothing_done, unmerged};
use crate::oracle::SLOT;
use crate::oracle::action::RECEIPT;
use crate::oracle::wire::{WireEnd, hex};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

impl Programs {
    /// Does what a request asks for. Returns the end of each of its acts.
    pub(super) fn done(&mut self, piece: Piece, timeout: Duration) -> Result<Ends, Trouble> {
        let group = self.groups.find(piece.of);
        let ahead = self.ahead.entry(group).or_default();
        let ready = ahead.ready.pop_front().filter(|(of, _)| of.steps == piece.steps);
        let ends = match ready {
            Some((_, ends)) => ends,
            None => {
                ahead.ready.clear();
                self.run(group, &piece, timeout)?
            }
        };
        let ahead = self.ahead.entry(group).or_default();
        if let Some(found) = self.plan[ahead.at.min(self.plan.len())..].iter().position(|p| p.steps == piece.steps) {
            ahead.at += found + 1;
        }
        // A piece that did not complete is not repeated.
        if ends.iter().all(|end| matches!(end, WireEnd::Done | WireEnd::Value(_) | WireEnd::Bytes(_))) {
            ahead.reach = ahead.reach.saturating_add(1);
            self.made.extend(piece.acts.iter().filter_map(Planned::makes));
            if !piece.acts.iter().all(|act| self.leaves_no_trace(act)) {
                self.log.push(piece);
            }
        } else {
            ahead.built = None;
            ahead.reach = (ahead.reach / 2).max(LEAST_REACH);
        }
        Ok(ends)
    }

    fn leaves_no_trace(&self, act: &Planned) -> bool {
        match act {
            Planned::Make(n) => effects::makes_quietly(&self.instances[n].module),
            Planned::Call(n, function) => effects::is_pure(&self.instances, *n, *function),
            Planned::Set(..) | Planned::Get(..) | Planned::Read(..) => true,
            Planned::Write(..) => false,
        }
    }

    /// The pieces of a group that are expected to come after this one.
    fn expected(&mut self, group: u64, piece: &Piece) -> Vec<Piece> {
        let at = self.ahead.get(&group).map_or(0, |ahead| ahead.at).min(self.plan.len());
        let Some(found) = self.plan[at..].iter().position(|p| p.steps == piece.steps) else { return Vec::new() };
        let reach = self.ahead.get(&group).map_or(FIRST_REACH, |ahead| ahead.reach);
        // If results are returned, each process reads the whole program.
        let reach = if self.engine.output() == Output::Returned { reach.min(FIRST_REACH) } else { reach };
        let mut made = self.made.clone();
        made.extend(piece.acts.iter().filter_map(Planned::makes));
        let mut expected = Vec::new();
        for piece in &self.plan[at + found + 1..] {
            if expected.len() >= reach {
                break;
            }
            if self.groups.find(piece.of) != group {
                continue;
            }
            let here: HashSet<u64> = piece.acts.iter().filter_map(Planned::makes).collect();
            let there = |n: &u64| made.contains(n) || here.contains(n);
            let linked = |n: &u64| {
                self.instances[n]
                    .links
                    .iter()
                    .all(|(from, _)| there(from) || self.instances[from].area || self.groups.find(*from) != group)
            };
            if piece.acts.iter().filter_map(Planned::instance).all(|n| there(&n)) && here.iter().all(linked) {
                made.extend(here);
                expected.push(piece.clone());
            }
        }
        expected
    }

    /// Repeats everything of a group, then runs this piece, and then what is expected to come.
    fn run(&mut self, group: u64, piece: &Piece, timeout: Duration) -> Result<Ends, Trouble> {
        if self.engine.output() == Output::Returned {
            return self.run_returning(group, piece, timeout);
        }
        let before: Vec<Piece> = self.log.iter().filter(|p| self.groups.find(p.of) == group).cloned().collect();
        let expected = self.expected(group, piece);
        let mut more = expected.len();
        loop {
            let pieces: Vec<&Piece> = before.iter().chain([piece]).chain(&expected[..more]).collect();
            let program = match self.merged(&pieces) {
                Ok(program) => program,
                Err(_) if more > 0 => {
                    more /= 2;
                    continue;
                }
                Err(error) => return Ok(each(piece, &unmerged(&error))),
            };
            let frames = program.frames.clone();
            let count = frames.iter().sum::<u32>() as usize;
            let stored = self.engine.store(program)?;
            let (ends, how) = match self.engine.run(&stored, timeout)? {
                // Something that has not been requested yet may be the reason.
                (_, Some(Ending::Refused(_))) if more > 0 => {
                    more /= 2;
                    continue;
                }
                (seen, Some(Ending::Lost(_))) if more > 0 && (seen.is_empty() || seen.len() == count) => {
                    more /= 2;
                    continue;
                }
                (_, Some(Ending::Refused(words))) => return Ok(each(piece, &WireEnd::Refused(words))),
                ran => ran,
            };
            return self.shared_out(group, &pieces[..], before.len(), &frames, &ends, how);
        }
    }

    /// Gives each piece the ends of its acts: `seen` are the frames, in order, and `how` is the end of the program, if it did not
    /// complete.
    fn shared_out(
        &mut self,
        group: u64,
        pieces: &[&Piece],
        before: usize,
        frames: &[u32],
        seen: &[[u8; SLOT]],
        mut how: Option<Ending>,
    ) -> Result<Ends, Trouble> {
        let (mut act, mut frame) = (0, 0);
        let mut ready = VecDeque::new();
        'pieces: for (n, piece) in pieces.iter().enumerate() {
            let mut ends = Vec::new();
            let mut ended = false;
            for planned in &piece.acts {
                let count = frames[act] as usize;
                act += 1;
                if ended {
                    ends.push(nothing_done());
                } else if frame + count <= seen.len() {
                    ends.push(self.end(planned, &seen[frame..frame + count]));
                } else {
                    match how.take() {
                        Some(Ending::Trapped(end)) => ends.push(end),
                        Some(Ending::Lost(lost)) if n <= before => return Err(Trouble::Lost(lost)),
                        // It is run again when it is requested.
                        Some(Ending::Lost(_)) => break 'pieces,
                        _ => {
                            return Err(Trouble::Garbage(
                                "a program exited successfully without doing everything".into(),
                            ));
                        }
                    }
                    ended = true;
                }
                frame += count;
            }
            match n.cmp(&before) {
                // The same as the first time, up to here.
                std::cmp::Ordering::Less if ended => {
                    return Err(Trouble::Garbage(
                        "a step that succeeded ended differently when it was repeated".into(),
                    ));
                }
                std::cmp::Ordering::Less => {}
                _ => ready.push_back(((*piece).clone(), ends)),
            }
            if ended {
                break;
            }
        }
        // It did everything, and then failed.
        if let Some(Ending::Lost(lost)) = how {
            return Err(Trouble::Lost(lost));
        }
        let (_, ends) = ready.pop_front().ok_or_else(|| Trouble::Garbage("nothing was done".into()))?;
        self.ahead.entry(group).or_default().ready = ready;
        Ok(ends)
    }

    /// Like [`Programs::run`], for programs whose results are returned, with a process for each result. The program is kept as
    /// long as requests are as expected, and nothing traps.
    fn run_returning(&mut self, group: u64, piece: &Piece, timeout: Duration) -> Result<Ends, Trouble> {
        let built = self.ahead.get_mut(&group).and_then(|ahead| ahead.built.take());
        let mut built = match built {
            Some(built) if built.left.front().is_some_and(|(p, _)| p.steps == piece.steps) => built,
            _ => match self.build(group, piece, timeout)? {
                Ok(built) => built,
                Err(end) => return Ok(each(piece, &end)),
            },
        };
        let (_, frames) = built.left.pop_front().expect("it begins with this piece");
        let mut ends: Ends = Vec::new();
        for (n, (planned, frames)) in piece.acts.iter().zip(frames).enumerate() {
            // The result that is read shows that the call was made.
            if let (Planned::Call(..), Some(Planned::Get(..))) = (planned, piece.acts.get(n + 1)) {
                ends.push(WireEnd::Value(RECEIPT.to_string()));
                continue;
            }
            let mut seen = Vec::new();
            for frame in frames {
                match self.engine.returned(&built.program, frame, timeout)? {
                    Ok(bytes) => seen.push(bytes),
                    Err(end) => {
                        if let Planned::Get(..) = planned {
                            ends.pop();
                        }
                        ends.push(end);
                        ends.resize_with(piece.acts.len(), nothing_done);
                        return Ok(ends);
                    }
                }
            }
            ends.push(self.end(planned, &seen));
        }
        self.ahead.entry(group).or_default().built = Some(built);
        Ok(ends)
    }

    /// Builds a program that begins with everything that was done, and ends with what is expected; or returns the end of the
    /// piece.
    fn build(&mut self, group: u64, piece: &Piece, timeout: Duration) -> Result<Result<Built, WireEnd>, Trouble> {
        let before: Vec<Piece> = self.log.iter().filter(|p| self.groups.find(p.of) == group).cloned().collect();
        let expected = self.expected(group, piece);
        let mut more = expected.len();
        loop {
            let pieces: Vec<&Piece> = before.iter().chain([piece]).chain(&expected[..more]).collect();
            let merged = match self.merged(&pieces) {
                Err(error) if more == 0 => return Ok(Err(unmerged(&error))),
                Err(_) => None,
                Ok(program) => {
                    let frames = program.frames.clone();
                    let stored = self.engine.store(program)?;
                    match self.engine.begins(&stored, timeout)? {
                        Ending::Done => Some((stored, frames)),
                        Ending::Refused(words) if more == 0 => return Ok(Err(WireEnd::Refused(words))),
                        Ending::Trapped(end) if more == 0 => return Ok(Err(end)),
                        Ending::Lost(lost) if more == 0 => return Err(Trouble::Lost(lost)),
                        Ending::Refused(_) | Ending::Trapped(_) | Ending::Lost(_) => None,
                    }
                }
            };
            let Some((program, frames)) = merged else {
                more /= 2;
                continue;
            };
            let mut counts = frames.into_iter();
            let mut next = 1;
            let left = pieces.iter().map(|piece| {
                let ranges = piece.acts.iter().map(|_| {
                    let first = next;
                    next += counts.next().unwrap_or(0);
                    first..next
                });
                let ranges = ranges.collect();
                ((*piece).clone(), ranges)
            });
            let left = left.collect::<Vec<_>>().into_iter().skip(before.len()).collect();
            return Ok(Ok(Built { program, left }));
        }
    }

    /// The program of these pieces.
    fn merged(&self, pieces: &[&Piece]) -> Result<merge::Program, MergeError> {
        // Each after the instances that it is linked with. Instances that leave no trace are only defined, not made again.
        let mut order: Vec<u64> = Vec::new();
        let mut place: HashMap<u64, usize> = HashMap::new();
        for of in pieces.iter().flat_map(|piece| &piece.acts).filter_map(Planned::instance) {
            self.place(of, &mut order, &mut place);
        }
        let parts: Vec<Part> = order
            .iter()
            .map(|number| {
                let Instance { module, links, area } = &self.instances[number];
                let links = links.iter().map(|(from, index)| (place[from], *index)).collect();
                Part { module: Arc::clone(module), links, area: *area }
            })
            .collect();
        let at =
            |n: u64| place.get(&n).copied().ok_or_else(|| MergeError::Encode("an instance that is not made".into()));
        let acts = pieces.iter().flat_map(|piece| &piece.acts).map(|act| act.renumbered(at));
        let acts = acts.collect::<Result<Vec<_>, MergeError>>()?;
        merge::merge(&parts, &acts, self.engine.output(), self.engine.has_memories())
    }

    /// Adds an instance to the order, after those that it is linked with. (A chain of links may be as long as the script.)
    fn place(&self, number: u64, order: &mut Vec<u64>, place: &mut HashMap<u64, usize>) {
        // The instances under way, with the number of links that were followed for each.
        let mut waiting = vec![(number, 0)];
        while let Some((number, followed)) = waiting.pop() {
            match self.instances[&number].links.get(followed) {
                _ if place.contains_key(&number) => {}
                Some((from, _)) => waiting.extend([(number, followed + 1), (*from, 0)]),
                None => {
                    place.insert(number, order.len());
                    order.push(number);
                }
            }
        }
    }

    /// The end of a successful act.
    fn end(&self, act: &Planned, frames: &[[u8; SLOT]]) -> WireEnd {
        let bytes = frames.concat();
        match act {
            Planned::Make(_) | Planned::Set(..) | Planned::Write(..) => WireEnd::Done,
            Planned::Call(of, function) => {
                let results = self.instances[of].module.function_signature(*function).results();
                let bits = bytes.first_chunk::<8>().map_or(0, |bytes| u64::from_le_bytes(*bytes));
                if results.is_empty() { WireEnd::Done } else { WireEnd::Value(bits.to_string()) }
            }
            Planned::Get(_, _, len) | Planned::Read(_, _, _, len) => {
                WireEnd::Bytes(hex(&bytes[..(*len).min(bytes.len())]))
            }
        }
    }
}
