use super::*;

/// The number of files of each version.
const COUNTS: [usize; 4] = [73, 147, 241, 241];

/// Tests a branch in a file of its own, a packed one, no branch, a worktree and a submodule.
#[test]
fn a_checkout_has_a_revision() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("writable");
        std::fs::write(path, text).expect("writable");
    };
    let revision = |path: &str| checkout_revision(&folder.path().join(path));
    assert!(revision("main").ends_with("main (no git revision)"));
    write("main/.git/HEAD", "ref: refs/heads/trunk\n");
    assert!(revision("main").ends_with("(no git revision)"), "there is no such branch");
    write("main/.git/packed-refs", "# pack-refs with: peeled\n1111 refs/heads/other\n2222 refs/heads/trunk\n");
    assert_eq!(revision("main"), "2222");
    write("main/.git/refs/heads/trunk", "3333\n");
    assert_eq!(revision("main"), "3333");
    write("main/.git/worktrees/w/HEAD", "ref: refs/heads/other\n");
    write("main/.git/worktrees/w/commondir", "../..\n");
    write("tree/.git", &format!("gitdir: {}\n", folder.path().join("main/.git/worktrees/w").display()));
    assert_eq!(revision("tree"), "1111");
    // The branches of a worktree are those of the repository, and a packed copy of one is older.
    write("main/.git/refs/heads/other", "5555\n");
    assert_eq!((revision("tree"), revision("main")), ("5555".to_string(), "3333".to_string()));
    // A link may be relative to its folder, and a submodule has branches of its own.
    write("beside/.git", "gitdir: ../main/.git/worktrees/w\n");
    assert_eq!(revision("beside"), "5555");
    write("main/.git/modules/s/HEAD", "ref: refs/heads/other\n");
    write("main/.git/modules/s/refs/heads/other", "6666\n");
    write("main/s/.git", "gitdir: ../.git/modules/s\n");
    assert_eq!(revision("main/s"), "6666");
    write("main/.git/HEAD", "4444\n");
    assert_eq!(revision("main"), "4444");
}

#[test]
fn manifest_is_current() {
    let new = regenerate().expect("the manifest parses");
    if std::env::var_os("WASMOON_UPDATE_SUITE").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/spec-tests/suite.toml"), &new).expect("writable");
        return;
    }
    Suite::verify().expect("spec-tests/suite.toml is current (WASMOON_UPDATE_SUITE=1 rewrites it)");
    assert_eq!(new, MANIFEST);
}

#[test]
fn drift_is_noticed() {
    let of = |change: &dyn Fn(&mut Texts)| {
        let mut texts = embedded_files();
        change(&mut texts);
        drift(manifest().expect("the manifest parses"), &texts)
    };
    let key = |folder: &str, stem: &str| (folder.to_string(), stem.to_string());
    assert_eq!(of(&|_| {}), [""; 0]);
    let new = |texts: &mut Texts| {
        texts.insert(key("flux", "x"), "(module)");
    };
    assert_eq!(of(&new), ["flux: a folder of 1 file in the embedded suite that belongs to no group in suite.toml"]);
    let gone = |texts: &mut Texts| texts.retain(|(folder, _), _| folder != "threads");
    let lines = of(&gone);
    assert!(lines[0].starts_with("threads: no longer a folder") && lines.len() > 1, "{lines:?}");
    let changed = |texts: &mut Texts| {
        texts.insert(key("threads", "atomic"), "");
    };
    assert_eq!(of(&changed), ["threads/atomic: content changed"]);
    let new = |texts: &mut Texts| {
        texts.insert(key("threads", "x"), "");
    };
    assert_eq!(of(&new), ["threads/x: new in the embedded suite"]);
}

#[test]
fn every_distinct_content_once() {
    let distinct: HashSet<&str> = embedded_files().into_values().collect();
    let suite = Suite::embedded().expect("suite");
    let official: Vec<_> = suite.files.iter().filter(|f| !f.group.starts_with("extra/")).collect();
    let listed: HashSet<String> = official.iter().map(|f| f.text().expect("embedded").into_owned()).collect();
    assert_eq!(listed.len(), official.len());
    assert_eq!(distinct.len(), listed.len());
}

#[test]
fn our_own_are_embedded_as_they_are_read_from_disk() {
    let empty = || Builder::new("");
    let (mut embedded, mut read) = (empty(), empty());
    embedded.add_embedded_extra();
    read.add_extra_of(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("a checkout");
    let (embedded, read) = (embedded.suite, read.suite);
    assert_eq!(embedded.groups, read.groups);
    let keys = |suite: &Suite| suite.files.iter().map(|f| f.key()).collect::<Vec<_>>();
    assert_eq!(keys(&embedded), keys(&read));
    for (a, b) in embedded.files.iter().zip(&read.files) {
        assert_eq!((a.language, &a.trouble), (b.language, &b.trouble), "{}", a.key());
        assert!(a.text().expect("embedded") == b.text().expect("readable"), "{}", a.key());
    }
    assert!(embedded.groups.iter().any(|g| g.name == "extra/annotations/places"), "folders in folders, too");
}

#[test]
fn names_are_unique() {
    let suite = Suite::embedded().expect("suite");
    let keys: HashSet<String> = suite.files.iter().map(|f| f.key()).collect();
    let names: HashSet<String> = suite.files.iter().map(|f| f.name()).collect();
    assert_eq!(keys.len(), suite.files.len());
    assert_eq!(names.len(), suite.files.len());
}

#[test]
fn versions_are_whole() {
    let specs = [Spec::V1, Spec::V2, Spec::V3, Spec::Latest];
    let suite = Suite::versions(&specs).expect("suite");
    let counts: Vec<usize> =
        specs.iter().map(|s| suite.files.iter().filter(|f| f.version == Some(*s)).count()).collect();
    assert_eq!(counts, COUNTS, "files of 1.0, 2.0, 3.0 and latest");
    let keys: HashSet<String> = suite.files.iter().map(|f| f.key()).collect();
    assert_eq!(keys.len(), suite.files.len());
    assert!(suite.files.iter().all(|f| f.known_as.is_some() && f.language == Language::of(f.version.unwrap())));
    let known: HashSet<String> = Suite::embedded().expect("suite").files.iter().map(|f| f.key()).collect();
    assert!(suite.files.iter().all(|f| known.contains(&f.rules_key())));
    let names: Vec<&str> = suite.groups.iter().map(|g| g.name.as_str()).collect();
    assert_eq!(names, ["core-1.0", "core-2.0", "core-3.0", "core"]);
    assert!(Suite::versions(&[Spec::Mvp]).is_err());
}

#[test]
fn versions_have_themes() {
    let suite = Suite::versions(&[Spec::V3]).expect("suite");
    let names: HashSet<String> = suite.files.iter().map(|f| f.name()).collect();
    for name in ["core-3.0::i32", "core-3.0::exceptions::try_table", "core-3.0::simd::simd_const"] {
        assert!(names.contains(name), "{name}");
    }
}

#[test]
fn themes() {
    for (stem, theme) in [
        ("return_call", "tail-call"),
        ("call_ref", "function-references"),
        ("struct", "gc"),
        ("load0", "multi-memory"),
        ("memory_fill", "bulk-memory"),
        ("table_grow", "reference-types"),
        ("i32x4_relaxed_trunc", "relaxed-simd"),
        ("simd_const", "simd"),
        ("memory64-imports", "memory64"),
        ("op64", "memory64"),
    ] {
        assert_eq!(theme_of(stem), Some(theme), "{stem}");
    }
    for none in ["", "64", "64x", "x_simd_", "loads"] {
        assert_eq!(theme_of(none), None, "{none}");
    }
    assert_eq!(theme_of("try_table"), Some("exceptions"));
    assert_eq!(theme_of("simd_lane"), Some("annotations"));
    assert_eq!(theme_of("table_copy64"), Some("memory64"));
    assert_eq!(theme_of("i64"), None);
    assert_eq!(theme_of("f64"), None);
    assert_eq!(theme_of("address"), None);
}

#[test]
fn a_checkout_has_groups_by_folder() {
    let dir = tempfile::tempdir().expect("a folder");
    let files = [
        "try_table.wast",
        "i32.wast",
        "simd_lane.wast",
        "proposals/threads/atomic.wast",
        "proposals/wide-arithmetic/wide-arithmetic.wast",
        "proposals/unheard-of/x.wast",
        "legacy/try_catch.wast",
        "custom/name.wast",
        "README.md",
    ];
    for file in files {
        let path = dir.path().join(file);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        std::fs::write(path, "(module)").expect("writable");
    }
    std::fs::create_dir(dir.path().join(".git")).expect("folder");
    std::fs::write(dir.path().join(".git/HEAD"), "0123abc\n").expect("writable");
    let suite = Suite::checkout(dir.path()).expect("a checkout");
    assert_eq!(suite.revision, "0123abc");
    let official = suite.files.iter().filter(|f| !f.group.starts_with("extra/"));
    let names: Vec<String> = official.clone().map(|f| f.name()).collect();
    assert_eq!(
        names,
        [
            "core::i32",
            "core::annotations::simd_lane",
            "core::exceptions::try_table",
            "legacy::try_catch",
            "custom::name",
            "threads::atomic",
            "unheard-of::x",
            "wide-arithmetic::wide-arithmetic",
        ]
    );
    let features =
        |name: &str| suite.files.iter().find(|f| f.name() == name).map(|f| f.language.features).expect("listed");
    assert!(features("threads::atomic").threads() && !features("threads::atomic").exceptions());
    assert!(features("wide-arithmetic::wide-arithmetic").wide_arithmetic());
    assert!(features("legacy::try_catch").legacy_exceptions() && !features("core::i32").legacy_exceptions());
    assert!(suite.files.iter().any(|f| f.group.starts_with("extra/")), "wast-extra is always part of a run");
}

/// In the specification's repository the core files have their own folder. All folders in it are core folders, whatever their
/// names.
#[test]
fn core_files_may_have_a_folder_to_themselves() {
    let dir = tempfile::tempdir().expect("a folder");
    for file in [
        "x.wast",
        "test/y.wast",
        "test/core/i32.wast",
        "test/core/custom/a.wast",
        "test/core/legacy/b.wast",
        "test/core/gc/struct.wast",
        "test/custom/name.wast",
        "test/legacy/try_catch.wast",
        "test/proposals/threads/atomic.wast",
    ] {
        let path = dir.path().join(file);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        std::fs::write(path, "(module)").expect("writable");
    }
    let suite = Suite::checkout(dir.path()).expect("a checkout");
    let official = suite.files.iter().filter(|f| !f.group.starts_with("extra/"));
    assert_eq!(
        official.map(|f| f.key()).collect::<Vec<_>>(),
        [
            "core/i32",
            "core/custom/a",
            "core/gc/struct",
            "core/legacy/b",
            "legacy/try_catch",
            "custom/name",
            "threads/atomic",
        ]
    );
}

#[test]
fn keys_of_paths_are_unique() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut paths = Vec::new();
    for parent in ["a/x", "b/x"] {
        std::fs::create_dir_all(dir.path().join(parent)).expect("folders");
        paths.push(dir.path().join(parent).join("t.wast"));
        std::fs::write(paths.last().expect("pushed"), "(module)").expect("writable");
    }
    paths.push(paths[0].clone());
    // The same folder by other paths.
    paths.push(dir.path().join("a/../b/x/./t.wast"));
    std::os::unix::fs::symlink("a", dir.path().join("link")).expect("a link");
    paths.push(dir.path().join("link/x/t.wast"));
    paths.push(dir.path().join("link"));
    let keys: Vec<String> = Suite::paths(&paths, Dialect::Spec).expect("paths").files.iter().map(|f| f.key()).collect();
    assert_eq!(keys, ["x/t", "x/t~2"]);
}

/// This holds for any number of files with the same name: the search does not start over for each of them.
#[test]
fn names_of_many_files_are_found_at_once() {
    let mut builder = Builder::new("");
    let mut add = |stem: &str| builder.push("g".into(), stem.into(), Language::of(Spec::Latest), Source::Embedded(""));
    ["a", "a~2", "a", "a~3", "a~2", "a"].into_iter().for_each(&mut add);
    (0..50_000).for_each(|_| add("b"));
    let stems: Vec<&str> = builder.suite.files.iter().map(|f| &f.stem[..]).collect();
    assert_eq!(stems[..8], ["a", "a~2", "a~3", "a~3~2", "a~2~2", "a~4", "b", "b~2"]);
    assert_eq!(stems.last(), Some(&"b~50000"));
}

#[test]
fn an_empty_folder_is_no_checkout() {
    let dir = tempfile::tempdir().expect("a folder");
    let error = Suite::checkout(dir.path()).expect_err("nothing in it").to_string();
    assert!(error.contains("no .wast files found"), "{error}");
}

/// The hash of `abc` as in the standard.
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

#[test]
fn files_have_names() {
    let file = SuiteFile { group: "extra/calls".into(), ..SuiteFile::of_test(Source::Embedded("\u{feff}abc")) };
    let file = SuiteFile { theme: Some("gc".into()), known_as: Some("core/x".into()), ..file };
    let source = Source::Given("\u{feff}abc".into());
    let plain = SuiteFile { theme: None, known_as: None, source, ..file.clone() };
    for (file, name, rules) in
        [(&file, "extra::calls::gc::stem", "core/x"), (&plain, "extra::calls::stem", "extra/calls/stem")]
    {
        let of_keys = (file.key(), file.rules_key(), file.place());
        assert_eq!(of_keys, ("extra/calls/stem".into(), rules.into(), "extra/calls/stem".into()));
        let of_names = (file.name(), file.filter(), file.trial("jit"));
        assert_eq!(of_names, (name.into(), format!("^{name}::"), format!("{name}::jit")));
        assert_eq!((file.content(), file.paths()), (ABC.to_string(), vec![]));
        assert_eq!(file.text().expect("given"), "abc");
        assert!(file.json_folder().is_none());
    }
}

/// The content of a script on disk: its own, and that of its modules.
#[test]
fn contents_are_those_of_the_script_and_its_modules() {
    let dir = tempfile::tempdir().expect("a folder");
    let (text, script) = (dir.path().join("x.wast"), dir.path().join("y.json"));
    let module = dir.path().join("m.wasm");
    let commands = "{\"commands\": [{\"type\": \"module\", \"line\": 1, \"filename\": \"m.wasm\"}, \
            {\"type\": \"module\", \"line\": 2, \"filename\": \"none.wasm\"}]}";
    std::fs::write(&text, "\u{feff}abc").expect("writable");
    std::fs::write(&script, commands).expect("writable");
    std::fs::write(&module, "abc").expect("writable");
    let of = |path: &Path| SuiteFile::of_test(Source::Disk(path.to_path_buf()));
    let selected = |path: &Path| of(path).replaced_by(path.to_path_buf());
    let (old_text, old_script) = (selected(&text), selected(&script));
    for file in [of(&text), old_text.clone()] {
        assert_eq!((file.content(), file.paths()), (ABC.to_string(), vec![text.clone()]));
        assert_eq!(file.text().expect("readable"), "abc");
        assert_eq!(file.place(), text.display().to_string());
        assert!(file.json_folder().is_none());
    }
    // The hash of the text's, then of a line for each module: its name and its hash, or that it cannot be read.
    let whole = "925bf0f17a309bbb746947c29a952d9649e346eece2ae197cb960b4e705de5bd";
    assert_eq!((of(&script).content(), old_script.content()), (whole.into(), whole.into()));
    assert_eq!(of(&script).paths(), std::slice::from_ref(&script));
    assert_eq!(old_script.paths(), [script.clone(), module.clone(), dir.path().join("none.wasm")]);
    let folder = old_script.json_folder().expect("a folder");
    let digests = [("m.wasm", ABC), ("none.wasm", Digest::UNREADABLE)];
    let digests = digests.map(|(name, hash)| (name.to_string(), hash.to_string()));
    assert_eq!((folder.path, folder.digests), (dir.path().to_path_buf(), Some(digests.into())));
    // What was selected keeps the content that it had.
    std::fs::write(&module, "abcd").expect("writable");
    let changed = "6bb0ff77f454759ac7f52755fd7a804939a6f755fcbee9629bfc2f1953de6236";
    assert_eq!((of(&script).content(), old_script.content()), (changed.into(), whole.into()));
    std::fs::write(&text, "abcd").expect("writable");
    assert!(matches!(old_text.text(), Err(ReadError::Changed)));
    assert_eq!(old_text.content(), ABC);
    std::fs::remove_file(&text).expect("written before");
    assert_eq!(of(&text).content(), Digest::UNREADABLE);
    assert!(matches!(of(&text).text(), Err(ReadError::Io(_))));
    let gone = selected(&text);
    assert!(matches!(gone.text(), Err(ReadError::Io(_))), "it is as it was when it was selected");
}

/// The groups are those of the first suite, then the additional ones of the second; keys stay unique.
#[test]
fn suites_are_appended() {
    let of = |files: &[(&str, &str)]| {
        let mut builder = Builder::new("files");
        for (group, stem) in files {
            builder.push_group(group, Language::of(Spec::Latest));
            let source = Source::Given("".into());
            builder.push_script(group.to_string(), stem.to_string(), source, Language::of(Spec::Latest), None);
        }
        builder.suite
    };
    let mut suite = of(&[("a", "x"), ("b", "x"), ("b", "y")]);
    suite.append(of(&[("b", "x"), ("b", "z"), ("c", "x")]));
    suite.append(of(&[("b", "x")]));
    suite.append(Suite::given("d", "x", "(module)"));
    let groups: Vec<&str> = suite.groups.iter().map(|g| &g.name[..]).collect();
    assert_eq!(groups, ["a", "b", "c", "d"]);
    let keys: Vec<String> = suite.files.iter().map(|f| f.key()).collect();
    assert_eq!(keys, ["a/x", "b/x", "b/y", "b/x~2", "b/z", "c/x", "b/x~3", "d/x"]);
    suite.set_language(|language| language.spec = Spec::V1);
    assert!(suite.files.iter().all(|f| f.language == Language { spec: Spec::V1, ..Language::of(Spec::Latest) }));
    assert!(suite.groups.iter().all(|g| g.language == Language::of(Spec::Latest)));
}

/// Each folder is a group with the language of its name; the named folder has that of the dialect.
#[test]
fn folders_are_groups() {
    let dir = tempfile::tempdir().expect("a folder");
    let top = dir.path().join("top");
    for (folder, file) in [("threads/deep", "a.wast"), ("threads", "b.json"), ("ext:flux", "c.wast")] {
        std::fs::create_dir_all(top.join(folder)).expect("folders");
        let text = if file == "c.wast" { ";;! flux = true" } else { ";;! simd = false\n(module)" };
        std::fs::write(top.join(folder).join(file), text).expect("writable");
    }
    let suite = Suite::paths(std::slice::from_ref(&top), Dialect::Spec).expect("scripts");
    let base = Language::of(Spec::Latest);
    let threads = Language { features: base.features | WasmFeatures::THREADS, ..base };
    let group = |name: &str, language| Group { name: name.into(), language };
    assert_eq!(
        suite.groups,
        [
            group("top", base),
            group("top/ext:flux", base),
            group("top/threads", threads),
            group("top/threads/deep", threads)
        ]
    );
    // A header is applied only in the text format, and not if there is a problem with the folder.
    let without = Language { features: threads.features.difference(WasmFeatures::SIMD), ..threads };
    let files: Vec<_> = suite.files.iter().map(|f| (f.key(), f.language, f.trouble.as_ref())).collect();
    let trouble = HeaderError { line: 1, message: "unknown Wizard extension 'flux'".into(), unsupported: true };
    assert_eq!(
        files,
        [
            ("top/ext:flux/c".to_string(), base, Some(&trouble)),
            ("top/threads/b".to_string(), threads, None),
            ("top/threads/deep/a".to_string(), without, None),
        ]
    );
}

#[test]
fn folders_have_names() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::create_dir_all(dir.path().join("a/b")).expect("folders");
    for (path, name) in [("a/b", "b"), ("a/b/", "b"), ("a/b/..", "a"), ("a/b/.", "b"), ("a/absent/..", "files")] {
        assert_eq!(folder_name(&dir.path().join(path)), name, "{path}");
    }
    assert_eq!(folder_name(Path::new("/")), "files");
}
