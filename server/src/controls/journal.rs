//! `spikelet/journal`.

use spikelet_wire::ResultCode;

use super::call::{Call, Reply, done};
use crate::handle::journal::{Filter, Journal};
use crate::selector::Selector;
use crate::state::ControlError;

/// The number of entries in the reply by default.
const LAST: usize = 100;

/// One item per entry. Characters that would end an item or a line are escaped as `%3B`, `%0A`, `%0D` or `%09`, and `%` as
/// `%25`.
pub(super) fn show(call: &Call<'_>) -> Reply {
    let last = call.parsed_if_given("last")?.unwrap_or(LAST);
    let entries = journal(call)?.last_of(last);
    let items: Vec<String> = entries.iter().map(|entry| escaped(&entry.to_string())).collect();
    Ok(items.join(";"))
}

pub(super) fn count(call: &Call<'_>) -> Reply {
    Ok(journal(call)?.count().to_string())
}

pub(super) fn start(call: &Call<'_>) -> Reply {
    call.shared.journal.start(call.parsed("capacity")?);
    done()
}

pub(super) fn stop(call: &Call<'_>) -> Reply {
    call.shared.journal.stop();
    done()
}

pub(super) fn clear(call: &Call<'_>) -> Reply {
    call.shared.journal.clear();
    done()
}

/// The journal, narrowed by the parameters.
fn journal<'s>(call: &Call<'s>) -> Result<Journal<'s>, ControlError> {
    let names = [Selector::PARAMETERS, &["result", "since"]].concat();
    let filter = call.each(&names, Filter::new(), Filter::parameter)?;
    let journal = Journal::new(&call.shared.journal, filter);
    match journal.is_kept() {
        true => Ok(journal),
        false => Err(ControlError {
            code: ResultCode::NOT_FOUND,
            text: "no journal is kept, see spikelet/journal/start".to_owned(),
        }),
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '%' => out.push_str("%25"),
            ';' => out.push_str("%3B"),
            '\n' => out.push_str("%0A"),
            '\r' => out.push_str("%0D"),
            '\t' => out.push_str("%09"),
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_stays_one_item_of_one_line() {
        assert_eq!(escaped("a;b\n100%\tc"), "a%3Bb%0A100%25%09c");
    }
}
