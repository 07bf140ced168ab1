//! The structure of the crates: which module may import which, and that no imports run in a circle across folders.
//!
//! Imports are read from the sources as text: `use` declarations, and paths that begin with `crate`, `self` or `super`. Unit
//! tests may import anything.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The modules of `spikelet`, from the ground up: each may import only those before it. CONTRIBUTING describes them.
const SERVER: &[&str] = &[
    "version",
    "permission",
    "refusal",
    "clock",
    "cluster",
    "access",
    "config_parameters",
    "config",
    "config_file",
    "parameter",
    "selector",
    "ops",
    "store",
    "udf",
    "state",
    "command",
    "fixture",
    "fault_rules",
    "request_log",
    "net",
    "handle",
    "controls",
    "support",
    "unstable",
    "lib",
    "cli",
    "main",
];

/// The modules of `spikelet-bindings`, from the ground up.
const BINDINGS: &[&str] = &[
    "naming", "error", "argument", "security", "options", "server", "clock", "plain", "fault", "journal", "node",
    "record", "fixture", "snapshot", "lib",
];

/// The modules of `spikelet-conformance`, from the ground up.
const CONFORMANCE: &[&str] = &[
    "clock",
    "outcome",
    "transcript",
    "frame_display",
    "known_crashes",
    "assertions",
    "divergences",
    "raw",
    "context",
    "needs",
    "scenario",
    "scenarios",
    "recorded",
    "target",
    "results",
    "progress",
    "report",
    "run",
    "proptest",
    "lib",
    "main",
];

#[test]
fn modules_of_the_server_import_only_what_lies_below() {
    assert_layers("server/src", SERVER);
}

#[test]
fn modules_of_the_conformance_suite_import_only_what_lies_below() {
    assert_layers("conformance/src", CONFORMANCE);
}

#[test]
fn modules_of_the_bindings_import_only_what_lies_below() {
    assert_layers("server/bindings/core/src", BINDINGS);
}

#[test]
fn no_circle_of_imports_crosses_a_folder() {
    for sources in ["wire/src", "server/src", "client/src", "conformance/src"] {
        let files = Files::read(sources);
        let circles: Vec<_> = files
            .circles()
            .into_iter()
            .filter(|circle| folders(circle) > 1)
            .collect();
        assert!(circles.is_empty(), "circles across folders in {sources}: {circles:#?}");
    }
}

/// CONTRIBUTING lists the modules of the server in their order, and its paths exist.
#[test]
fn contributing_describes_the_modules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = fs::read_to_string(root.join("CONTRIBUTING.md")).unwrap();
    let (_, table) = text.split_once("`server/src`, from the bottom up").unwrap();
    let (table, _) = table.split_once("`client/src`").unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
    let names: Vec<&str> = rows
        .filter_map(|row| row.split('`').next())
        .map(|name| name.trim_end_matches('/').trim_end_matches(".rs"))
        .collect();
    let modules: Vec<&str> = SERVER
        .iter()
        .copied()
        .filter(|name| !["lib", "main"].contains(name))
        .collect();
    assert_eq!(names, modules);

    let folders = ["wire/", "server/", "client/", "conformance/", "tests/", "docs/", ".ci/"];
    for path in text.split('`').skip(1).step_by(2) {
        let is_path = folders.iter().any(|folder| path.starts_with(folder)) && !path.contains(char::is_whitespace);
        assert!(!is_path || root.join(path).exists(), "there is no {path}");
    }
}

/// A test that finds no imports would find no circles either.
#[test]
fn imports_are_found() {
    let files = Files::read("server/src");
    let imports = |file: &str| &files.imports[file];
    assert!(imports("net/shared.rs").contains("state/mod.rs"));
    assert!(imports("net/serve.rs").contains("net/connection.rs"));
    assert!(imports("command/batch.rs").contains("command/record/filter.rs"));
    assert!(imports("handle/builder.rs").contains("fixture/mod.rs"));
    let circle = Files {
        imports: [
            ("a/x.rs", "b.rs"),
            ("b.rs", "c.rs"),
            ("c.rs", "a/x.rs"),
            ("d.rs", "b.rs"),
        ]
        .map(|(from, to)| (from.to_owned(), BTreeSet::from([to.to_owned()])))
        .into(),
    };
    let circles = Vec::from_iter(circle.circles());
    assert_eq!(circles, [["a/x.rs", "b.rs", "c.rs"]]);
    assert_eq!(folders(&circles[0]), 2);
}

fn assert_layers(sources: &str, layers: &[&str]) {
    let files = Files::read(sources);
    let layer = |file: &str| {
        let module = file.split('/').next().unwrap_or_default().trim_end_matches(".rs");
        let found = layers.iter().position(|layer| *layer == module);
        found.unwrap_or_else(|| panic!("the module {module} of {sources} has no place among the layers"))
    };
    let mut upwards = Vec::new();
    for (file, imports) in &files.imports {
        let above = imports.iter().filter(|import| layer(import) > layer(file));
        upwards.extend(above.map(|import| format!("{file} imports {import}")));
    }
    assert!(
        upwards.is_empty(),
        "imports that run upwards in {sources}: {upwards:#?}"
    );
}

/// The number of folders that files are in.
fn folders(files: &[String]) -> usize {
    let folder = |file: &String| file.rsplit_once('/').map(|(folder, _)| folder.to_owned());
    files.iter().map(folder).collect::<BTreeSet<_>>().len()
}

/// The source files of a crate, and what each imports of the others.
struct Files {
    imports: BTreeMap<String, BTreeSet<String>>,
}

impl Files {
    fn read(sources: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(sources);
        let mut paths = Vec::new();
        collect(&root, &mut paths);
        // Modules by their paths, and their files.
        let modules: BTreeMap<Vec<String>, String> = paths
            .iter()
            .map(|path| {
                let file = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                (module_of(&file), file)
            })
            .collect();
        let imports = modules.iter().map(|(module, file)| {
            let source = without_tests(&fs::read_to_string(root.join(file)).unwrap());
            let found = paths_in(&source)
                .into_iter()
                .filter_map(|path| resolve(&modules, module, &path));
            (file.clone(), found.filter(|import| import != file).collect())
        });
        Self {
            imports: imports.collect(),
        }
    }

    /// Files that reach one another by their imports; each circle once, its files in order.
    fn circles(&self) -> BTreeSet<Vec<String>> {
        let reached: BTreeMap<&String, BTreeSet<&String>> = self
            .imports
            .keys()
            .map(|file| (file, self.reached_from(file)))
            .collect();
        let reaches = |from: &String, to: &String| reached.get(from).is_some_and(|files| files.contains(to));
        let circle = |file: &&String| {
            let files = self.imports.keys();
            files
                .filter(|other| reaches(file, other) && reaches(other, file))
                .cloned()
                .collect::<Vec<_>>()
        };
        self.imports
            .keys()
            .filter(|file| reaches(file, file))
            .map(|file| circle(&file))
            .collect()
    }

    fn reached_from<'a>(&'a self, file: &'a String) -> BTreeSet<&'a String> {
        let mut reached = BTreeSet::new();
        let mut next = vec![file];
        while let Some(file) = next.pop() {
            let imports = self.imports.get(file).into_iter().flatten();
            next.extend(imports.filter(|import| reached.insert(*import)));
        }
        reached
    }
}

/// The source files below a folder, without those that hold unit tests alone.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && name != "tests" {
            collect(&path, files);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            files.push(path);
        }
    }
}

fn module_of(file: &str) -> Vec<String> {
    let mut module: Vec<String> = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "lib")) {
        module.pop();
    }
    module
}

/// The source without comments, and without the unit tests at its end.
fn without_tests(source: &str) -> String {
    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = source.lines().map(|line| line.split("//").next().unwrap_or_default());
    // The path in `pub(in path)` names a module without importing it.
    lines.collect::<Vec<_>>().join(" ").replace("pub(in ", "pub(in:")
}

/// Every path in a source that begins with `crate`, `self` or `super`, with the braces of `use` declarations expanded.
fn paths_in(source: &str) -> Vec<Vec<String>> {
    let is_path = |letter: char| letter.is_alphanumeric() || "_:".contains(letter);
    let mut paths = Vec::new();
    for start in ["crate", "self", "super"] {
        for (at, _) in source.match_indices(&format!("{start}::")) {
            if source[..at]
                .chars()
                .next_back()
                .is_some_and(|before| is_path(before) || before == '$')
            {
                continue;
            }
            let rest = &source[at..];
            let end = rest.find(|letter| !is_path(letter)).unwrap_or(rest.len());
            match rest[end..].starts_with('{') {
                true => expand(&rest[..end], group(&rest[end..]), &mut paths),
                false => paths.push(segments(&rest[..end])),
            }
        }
    }
    paths
}

/// What stands between the braces at the start of a text.
fn group(text: &str) -> &str {
    let mut depth = 0;
    for (at, letter) in text.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[1..at];
        }
    }
    ""
}

fn expand(prefix: &str, group: &str, paths: &mut Vec<Vec<String>>) {
    let (mut depth, mut start) = (0, 0);
    let ends = group.char_indices().chain([(group.len(), ',')]);
    for (at, letter) in ends {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let item = group[start..at].trim();
                start = (at + 1).min(group.len());
                match item.split_once('{') {
                    Some((inner, rest)) => expand(&format!("{prefix}{inner}"), rest.trim_end_matches('}'), paths),
                    None if item.is_empty() => {}
                    None => paths.push(segments(&format!("{prefix}{item}"))),
                }
            }
            _ => {}
        }
    }
}

fn segments(path: &str) -> Vec<String> {
    let path = path.split(" as ").next().unwrap_or_default();
    let segments = path.split("::").map(str::trim);
    segments
        .filter(|segment| !segment.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The file of the deepest module on a path, as seen from `module`.
fn resolve(modules: &BTreeMap<Vec<String>, String>, module: &[String], path: &[String]) -> Option<String> {
    let mut full = match path.first()?.as_str() {
        "crate" => Vec::new(),
        _ => module.to_vec(),
    };
    for segment in path {
        match segment.as_str() {
            "crate" | "self" => {}
            "super" => drop(full.pop()),
            _ => full.push(segment.clone()),
        }
    }
    (0..=full.len())
        .rev()
        .find_map(|length| modules.get(&full[..length]))
        .cloned()
}
