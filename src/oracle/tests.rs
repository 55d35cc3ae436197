//! Drivers that are shell scripts, and oracles that use them.

use super::engines::DriverCommand;
use super::*;

/// The greeting of an honest driver.
pub const FAKE: &str = r#"{"protocol":3,"name":"fake","version":"7","host":true}"#;
/// An answer that accepts all modules that test for features.
pub const TAKES_ALL: &str = r#"["done","done","done"]"#;

/// A driver that introduces itself with `hello`, then runs `each` for each request, which is `$line` with the number `$id`;
/// `each` sets `$ends`. `$1` and so on are `words`.
pub fn scripted(hello: &str, each: &str, words: &[&str]) -> DriverCommand {
    let script = format!(
        r#"printf '%s\n' '{hello}'
        while read -r line; do
            id=${{line#*'"id":'}}
            id=${{id%%,*}}
            {each}
            printf '{{"id":%s,"ends":%s}}\n' "$id" "$ends"
        done"#
    );
    let words = ["sh", "-c", &script, "sh"].into_iter().chain(words.iter().copied());
    DriverCommand { words: words.map(Into::into).collect(), variables: &[], install: None }
}

/// A driver that answers one request after the other with these ends, in which `PAGE` stands for 64 KiB of zeros, which is more
/// than a command line can hold.
pub fn answering(answers: &[&str]) -> Connection {
    let each = "ends=$1; shift
            case $ends in *PAGE*) ends=${ends%%PAGE*}$(printf '%0131072d' 0)${ends#*PAGE};; esac";
    let words = [&[TAKES_ALL][..], answers].concat();
    Connection::open("x", scripted(FAKE, each, &words)).expect("a shell")
}

fn oracle(driver: DriverCommand) -> Oracle {
    Oracle {
        connection: Connection::open("x", driver).expect("a shell"),
        crashes: 0,
        death: None,
        pending: VecDeque::new(),
        hashers: HashMap::new(),
        hashers_of: 0,
        lacks: Vec::new(),
    }
}

/// An oracle that accepts everything, and dies on the requests with these numbers.
fn mortal(deaths: &[u64]) -> Oracle {
    let deaths = deaths.iter().map(|id| format!(" {id} ")).collect::<String>();
    let done = |count: usize| format!("[{}]", vec![r#""done""#; count].join(","));
    let each = format!(
        r#"case "$1" in *" $id "*) exit 5;; esac
        case $line in *reset*) ends='{}';; *) ends='{}';; esac"#,
        done(9),
        done(3)
    );
    oracle(scripted(FAKE, &each, &[&deaths]))
}

/// A job that only instantiates an empty module.
fn empty() -> OracleJob {
    OracleJob {
        bytes: b"\0asm\x01\0\0\0".to_vec(),
        provider: None,
        calls: Vec::new(),
        fuel: None,
        state: StateReads::Never,
        limits: None,
        contents: false,
        timeout: Duration::from_secs(20),
    }
}

fn fine() -> OracleReport {
    OracleReport::nothing(OracleEnd::Values(Vec::new()))
}

fn crash() -> OracleReport {
    OracleReport::nothing(OracleEnd::Crash("ended with status 5".into()))
}

#[test]
fn a_driver_speaks_this_protocol_or_none() {
    for (hello, why) in [
        (FAKE, None),
        (r#"{"protocol":2,"name":"fake"}"#, Some("the oracle 'x' speaks version 2 of the protocol, not 3")),
        (r#"{"protocol":4,"name":"fake"}"#, Some("the oracle 'x' speaks version 4 of the protocol, not 3")),
        (
            r#"{"protocol":3,"name":"fake","missing":["a thing","get thing"]}"#,
            Some("the engine 'x' needs a thing, which is not installed; try `get thing`"),
        ),
    ] {
        let opened = Connection::open("x", scripted(hello, "ends=$1", &[TAKES_ALL]));
        assert_eq!(opened.err().map(|error| error.to_string()).as_deref(), why, "{hello}");
    }
}

/// The abilities of an engine are what it says now, each independent of the others.
#[test]
fn abilities_are_those_of_the_driver_that_runs() {
    let refused = r#"{"refused":""}"#;
    for (first, second, host) in [(true, false, true), (false, true, false)] {
        let taken = |taken: bool| if taken { r#""done""# } else { refused };
        let hello = FAKE.replace("true", &host.to_string());
        let ends = format!(r#"[{},{},"done"]"#, taken(first), taken(second));
        let connection = Connection::open("x", scripted(&hello, "ends=$1", &[&ends])).expect("a shell");
        let Abilities { exceptions, gc, host: hosts } = connection.abilities();
        assert_eq!((exceptions, gc, hosts), (first, second, host));
        assert_eq!(connection.identity().to_string(), "fake 7");
    }
}

/// Requests that a driver did not answer before it died are no longer open once it is started again.
#[test]
fn a_line_too_many_is_seen_after_a_death_too() {
    let each = r#"case $id in
            1) exit 5;;
            4) env printf '{"id":4,"ends":["done"]}\n{}\n'; continue;;
            *) ends=$1;;
        esac"#;
    let mut connection = Connection::open("x", scripted(FAKE, each, &[TAKES_ALL])).expect("a shell");
    let ids = [(); 2].map(|()| connection.send(vec![Step::Reset]).expect("it is sent"));
    assert_eq!(ids, [1, 2]);
    let long = Duration::from_secs(60);
    let lost = connection.receive(1, long).expect("it has died");
    assert!(matches!(&lost, Err(LinkLost::Ended(how)) if how == "ended with status 5"), "{lost:?}");
    assert!(!connection.runs());
    connection.start().expect("it starts again");
    assert_eq!((connection.runs(), connection.starts()), (true, 2));
    let id = connection.send(vec![Step::Reset]).expect("it is sent");
    let error = connection.receive(id, long).expect_err("there is another line").to_string();
    assert!(error.contains("an unrequested line"), "{error}");
}

/// Each death takes four numbers: the job, what is asked at a start, the job again, and a start.
#[test]
fn only_deaths_in_a_row_count() {
    let most = MOST_CRASHES as usize;
    // The number of crashes, or 0 for a successful job; and whether earlier crashes are forgiven.
    let rows = [(most - 1, true), (1, false), (1, true), (0, false), (most, true)];
    let (mut deaths, mut next) = (Vec::new(), 1);
    for (count, crashes) in rows {
        for _ in 0..count {
            if crashes {
                deaths.extend([next, next + 2]);
            }
            next += if crashes { 4 } else { 1 };
        }
    }
    let mut oracle = mortal(&deaths);
    for (n, (count, crashes)) in rows.into_iter().enumerate() {
        if count == 0 {
            oracle.forgive();
        }
        for nth in 1..=count {
            let seen = oracle.observe(&empty());
            if nth == most {
                let what = format!("died on {MOST_CRASHES} modules in a row: ended with status 5");
                assert_eq!(seen, Err(OracleError::Broken { oracle: "fake".into(), what }));
            } else {
                assert_eq!(seen, Ok(if crashes { crash() } else { fine() }), "{nth} of row {n}");
            }
        }
    }
}

/// Jobs that were sent after one on which the driver died are sent again, whether it dies once more or not.
#[test]
fn jobs_behind_a_death_are_done() {
    for (deaths, first, death) in [(&[1][..], fine(), Some("ended with status 5")), (&[1, 5], crash(), None)] {
        let mut oracle = mortal(deaths);
        for _ in 0..3 {
            oracle.submit(&empty()).expect("it is sent");
        }
        assert_eq!((oracle.collect(), oracle.death()), (Ok(first), death));
        for _ in 0..2 {
            assert_eq!((oracle.collect(), oracle.death()), (Ok(fine()), None), "{deaths:?}");
        }
    }
}

/// This holds whether the engine is late after that or not.
#[test]
fn a_death_is_told_if_it_is_not_the_end_of_the_job() {
    let each = r#"case $id in 1) exit 5;; 3) sleep 60;; *) ends=$1;; esac"#;
    let mut oracle = oracle(scripted(FAKE, each, &[TAKES_ALL]));
    oracle.submit(&OracleJob { timeout: Duration::from_secs(5), ..empty() }).expect("it is sent");
    assert_eq!(oracle.collect(), Ok(OracleReport::nothing(OracleEnd::Timeout)));
    assert_eq!(oracle.death(), Some("ended with status 5"));
}

/// Tests what a driver receives for a program, and what it leaves in files; a program on which it dies is not run again.
#[test]
fn a_program_has_its_inputs_and_its_outputs() {
    let each = r#"
        path() { path=${line#*"\"$1\":\""}; path=${path%%\"*}; }
        case $id in
            1)
                path module; module=$path; path stdin; stdin=$path
                path stdout; cat "$stdin" >"$path"
                path stderr; wc -c <"$module" | tr -d ' \n' >"$path"
                rest=${line#*'"args":'}; rest=${rest%%',"stdin"'*}
                path memory; printf '%s' "$rest" >"$path"
                ends='[{"exit":3}]';;
            2) ends='["done"]';;
            3) exit 5;;
            5) path stderr; printf again >"$path"; ends='["exhausted"]';;
            *) ends=$1;;
        esac"#;
    let mut oracle = oracle(scripted(FAKE, each, &[TAKES_ALL]));
    let program = OracleProgram {
        bytes: b"\0asm\x01\0\0\0".to_vec(),
        args: vec!["p".into(), "x".into()],
        env: vec![("A".into(), "b".into())],
        dirs: vec![("/h".into(), "/g".into())],
        stdin: b"input".to_vec(),
        timeout: Duration::ZERO,
    };
    let memory = br#"["p","x"],"env":[["A","b"]],"dirs":[["/h","/g"]]"#;
    let nothing = |end| ProgramReport { end, stdout: Vec::new(), stderr: Vec::new(), memory: None };
    for expected in [
        ProgramReport {
            end: OracleEnd::Exit(3),
            stdout: b"input".to_vec(),
            stderr: b"8".to_vec(),
            memory: Some(memory.to_vec()),
        },
        nothing(OracleEnd::Values(Vec::new())),
        nothing(OracleEnd::Crash("ended with status 5".into())),
        ProgramReport { stderr: b"again".to_vec(), ..nothing(OracleEnd::Exhausted) },
    ] {
        assert_eq!(oracle.run(&program), Ok(expected));
    }
}
