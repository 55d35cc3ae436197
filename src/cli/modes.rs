//! The values of `--mode`.

use crate::engine::Mode;

/// A value that `--mode` does not accept.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ModeError {
    #[error("expected interp, jit, mix:SEED, mix3:SEED, tier:SEED, tier:entry:N or tier:loop:N")]
    Unknown,
    #[error("expected tier:SEED, tier:entry:N or tier:loop:N")]
    NotTiers,
    #[error("invalid seed '{0}'; expected a number")]
    Seed(String),
    #[error("invalid count '{0}'; expected a number")]
    Passings(String),
}

/// Parses a mode. Mixed modes have a `Mode`; `interp` and `jit` only choose columns.
pub fn parse(text: &str) -> Result<(String, Option<Mode>), ModeError> {
    let seed = |s: &str| s.parse::<u64>().map_err(|_| ModeError::Seed(s.to_string()));
    let mode = match text.split_once(':') {
        None if text == "interp" || text == "jit" => None,
        Some(("mix", s)) => Some(Mode::Mix { seed: seed(s)? }),
        Some(("mix3", s)) => Some(Mode::Mix3 { seed: seed(s)? }),
        Some(("tier", _)) => Some(tiers(text)?),
        _ => return Err(ModeError::Unknown),
    };
    Ok((text.to_string(), mode))
}

/// Parses a mode in which functions are replaced while they run.
pub fn tiers(text: &str) -> Result<Mode, ModeError> {
    let rest = text.strip_prefix("tier:").ok_or(ModeError::NotTiers)?;
    let after = |n: &str| n.parse().map_err(|_| ModeError::Passings(n.to_string()));
    Ok(match rest.split_once(':') {
        Some(("entry", n)) => Mode::Replaced { at_loops: false, after: after(n)? },
        Some(("loop", n)) => Mode::Replaced { at_loops: true, after: after(n)? },
        Some(_) => return Err(ModeError::NotTiers),
        None => Mode::Tiered { seed: Some(rest.parse().map_err(|_| ModeError::Seed(rest.to_string()))?) },
    })
}

/// The option that sets a mode, with a leading space; empty if there is none.
pub fn option_of(mode: Mode) -> String {
    match mode {
        Mode::Tiered { seed: Some(seed) } => format!(" --mode tier:{seed}"),
        Mode::Replaced { at_loops: false, after } => format!(" --mode tier:entry:{after}"),
        Mode::Replaced { at_loops: true, after } => format!(" --mode tier:loop:{after}"),
        Mode::Tiered { seed: None } | Mode::All(_) | Mode::Mix { .. } | Mode::Mix3 { .. } => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only the columns of the interpreter and the JIT have no mode of their own.
    #[test]
    fn each_text_is_a_mode_of_its_own() {
        for (text, mode) in [
            ("interp", None),
            ("jit", None),
            ("mix:5", Some(Mode::Mix { seed: 5 })),
            ("mix3:18446744073709551615", Some(Mode::Mix3 { seed: u64::MAX })),
            ("tier:7", Some(Mode::Tiered { seed: Some(7) })),
            ("tier:entry:3", Some(Mode::Replaced { at_loops: false, after: 3 })),
            ("tier:loop:0", Some(Mode::Replaced { at_loops: true, after: 0 })),
        ] {
            assert_eq!(parse(text), Ok((text.to_string(), mode)));
        }
        for text in ["", "mix", "mix3", "jit:1", "jit-O0", "mix4:1", ":1", "tier"] {
            assert_eq!(parse(text), Err(ModeError::Unknown), "{text:?}");
        }
        for (text, seed) in [("mix:", ""), ("mix:-1", "-1"), ("mix3:1:2", "1:2"), ("tier:", "")] {
            assert_eq!(parse(text), Err(ModeError::Seed(seed.into())), "{text:?}");
        }
    }

    #[test]
    fn a_mode_of_tiers_is_read_as_it_is_written() {
        for text in ["tier:7", "tier:entry:3", "tier:loop:0"] {
            assert_eq!(option_of(tiers(text).unwrap()), format!(" --mode {text}"));
            assert_eq!(parse(text), Ok((text.to_string(), Some(tiers(text).unwrap()))));
        }
        assert_eq!(tiers("mix:1"), Err(ModeError::NotTiers));
        assert_eq!(tiers("tier:here:1"), Err(ModeError::NotTiers));
        assert_eq!(tiers("tier:loop:x"), Err(ModeError::Passings("x".into())));
        assert_eq!(parse("tier:x"), Err(ModeError::Seed("x".into())));
        assert_eq!(parse("tiers"), Err(ModeError::Unknown));
    }
}
