//! Names in the style of a language, and the names that a misspelled one may mean.

/// How a language writes names of several words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// `default_ttl`
    Snake,
    /// `defaultTtl`
    Camel,
}

impl Naming {
    /// Writes a name, given in snake case, in this style.
    #[must_use]
    pub fn show(self, name: &str) -> String {
        if self == Self::Snake {
            return name.to_owned();
        }
        let mut shown = String::with_capacity(name.len());
        let mut starts_word = false;
        for letter in name.chars() {
            match letter {
                '_' => starts_word = true,
                letter if starts_word => {
                    shown.extend(letter.to_uppercase());
                    starts_word = false;
                }
                letter => shown.push(letter),
            }
        }
        shown
    }

    /// Finds a name in this style among names in snake case.
    pub(crate) fn find(self, given: &str, known: &[&'static str]) -> Option<&'static str> {
        known.iter().find(|name| self.show(name) == given).copied()
    }

    /// Says which of the known names a misspelled one may mean, or lists them if they are few.
    pub(crate) fn suggest(self, given: &str, known: &[&str]) -> String {
        let plain = |name: &str| name.replace(['_', '-'], "").to_lowercase();
        let near = known
            .iter()
            .map(|name| (strsim::osa_distance(&plain(given), &plain(name)), name))
            .min()
            .filter(|(distance, name)| *distance <= 2 && *distance * 2 < name.len());
        match near {
            Some((_, name)) => format!("did you mean '{}'?", self.show(name)),
            None if known.len() > 20 => "there is nothing of a similar name".to_owned(),
            None => {
                let names: Vec<String> = known.iter().map(|name| self.show(name)).collect();
                format!("expected one of {}", names.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["nodes", "default_ttl", "port"];

    #[test]
    fn names_are_found_in_the_style_of_the_language() {
        assert_eq!(Naming::Snake.find("default_ttl", KNOWN), Some("default_ttl"));
        assert_eq!(Naming::Camel.find("defaultTtl", KNOWN), Some("default_ttl"));
        assert_eq!(Naming::Snake.find("defaultTtl", KNOWN), None);
        assert_eq!(Naming::Camel.find("default_ttl", KNOWN), None);
    }

    #[test]
    fn the_nearest_name_is_suggested() {
        assert_eq!(Naming::Snake.suggest("node", KNOWN), "did you mean 'nodes'?");
        assert_eq!(
            Naming::Snake.suggest("default-ttl", KNOWN),
            "did you mean 'default_ttl'?"
        );
        assert_eq!(Naming::Camel.suggest("defaultTTL", KNOWN), "did you mean 'defaultTtl'?");
        assert_eq!(
            Naming::Camel.suggest("color", KNOWN),
            "expected one of nodes, defaultTtl, port"
        );
    }
}
