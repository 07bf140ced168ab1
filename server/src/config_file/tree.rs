//! The grammar: stanzas within stanzas, and one parameter a line.
//!
//! A line is a name and values, separated by white space. `{` at the end of a line opens a stanza, `}` on a line of its own closes
//! it, and `#` begins a comment.

use super::ConfigFileError;

/// A line, and the lines of the stanza that it opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    /// Its number, from 1.
    pub(super) number: usize,
    /// As it is in the file.
    pub(super) text: String,
    /// Its first word.
    pub(super) name: String,
    /// The other words, without `{`.
    pub(super) values: Vec<String>,
    /// The lines of its stanza, if it opens one.
    pub(super) stanza: Option<Vec<Item>>,
}

/// The longest line that the real server reads, in bytes.
const LONGEST_LINE: usize = 1023;
/// The depth of stanzas that the real server reads.
const DEEPEST: usize = 7;

impl Item {
    pub(super) fn error(&self, problem: impl Into<String>) -> ConfigFileError {
        ConfigFileError::at(self.number, &self.text, problem)
    }

    /// The first value, or an empty text.
    pub(super) fn value(&self) -> &str {
        self.values.first().map_or("", String::as_str)
    }
}

/// Reads the stanzas of a file.
pub(super) fn parse(text: &str) -> Result<Vec<Item>, ConfigFileError> {
    if let Some(rest) = text.strip_prefix('\u{feff}') {
        let first = rest.lines().next().unwrap_or_default();
        let first: String = first.chars().take(200).collect();
        let problem =
            "the file begins with a byte order mark, which is not part of a name: save it as UTF-8 without one";
        return Err(ConfigFileError::at(1, &first, problem));
    }
    let mut top = Vec::new();
    // The stanzas that are open, each with the line that opened it.
    let mut open: Vec<Item> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let error = |problem: &str| ConfigFileError::at(number, &line.chars().take(200).collect::<String>(), problem);
        if line.len() > LONGEST_LINE {
            return Err(error("the line is longer than 1023 bytes"));
        }
        let content = line.split('#').next().unwrap_or_default();
        let mut words: Vec<&str> = content.split_ascii_whitespace().collect();
        let finished = match words.as_slice() {
            [] => continue,
            ["}"] => {
                let Some(mut closed) = open.pop() else {
                    return Err(error("there is no stanza open that } could close"));
                };
                closed.stanza.get_or_insert_with(Vec::new);
                closed
            }
            ["{"] => return Err(error("{ must be at the end of the line that names the stanza")),
            [rest @ .., last] => {
                let opens = *last == "{";
                let before = if opens { rest } else { &words };
                if before.iter().any(|word| word.contains(['{', '}'])) {
                    return Err(error(
                        "{ must be the last word of a line, after a space, and } must be on a line of its own",
                    ));
                }
                if opens {
                    words.pop();
                }
                let item = Item {
                    number,
                    text: line.trim().to_owned(),
                    name: words.first().copied().unwrap_or_default().to_owned(),
                    values: words.iter().skip(1).map(|word| (*word).to_owned()).collect(),
                    stanza: opens.then(Vec::new),
                };
                if opens {
                    if open.len() == DEEPEST {
                        return Err(error("stanzas are nested too deeply"));
                    }
                    open.push(item);
                    continue;
                }
                item
            }
        };
        match open.last_mut() {
            Some(parent) => parent.stanza.get_or_insert_with(Vec::new).push(finished),
            None => top.push(finished),
        }
    }
    match open.pop() {
        Some(stanza) => Err(stanza.error(format!("the stanza '{}' is not closed: a '}}' is missing", stanza.name))),
        None => Ok(top),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stanzas_nest_and_comments_end_lines() {
        let tree = parse("a { # one\n\n  b 1 2#x\n c x {\r\n}\n}\nd").unwrap();
        let names: Vec<_> = tree.iter().map(|item| item.name.as_str()).collect();
        assert_eq!(names, ["a", "d"]);
        let a = tree[0].stanza.as_ref().unwrap();
        assert_eq!(a[0].values, ["1", "2"]);
        assert_eq!((a[1].number, a[1].value()), (4, "x"));
        assert_eq!(a[1].stanza, Some(Vec::new()));
        assert_eq!(tree[1].stanza, None);
    }

    #[test]
    fn errors_have_a_line() {
        for (text, line, problem) in [
            ("a {\nb", 1, "is not closed"),
            ("}", 1, "no stanza open"),
            ("a\n{\n}", 2, "{ must be at the end"),
            ("a{\n}", 1, "after a space"),
            ("a { b 1 }", 1, "after a space"),
            ("\u{feff}service {\n}", 1, "byte order mark"),
            (&"a {\n".repeat(20), 8, "too deeply"),
            (&format!("\n{}", "x".repeat(5000)), 2, "longer than"),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.line(), Some(line), "{text}");
            assert!(error.to_string().contains(problem), "{error}");
            assert!(error.to_string().len() < 500, "{error}");
        }
        let error = parse("a\n\u{1b}[2J}").unwrap_err().to_string();
        assert!(error.ends_with("(the line is: \u{fffd}[2J})"), "{error}");
    }
}
