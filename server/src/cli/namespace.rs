//! A namespace argument: `name,parameter=value,...`.

use spikelet::NamespaceConfig;

/// Parses a namespace and its parameters.
pub(super) fn parse(text: &str) -> Result<NamespaceConfig, String> {
    let mut parts = text.split(',');
    let mut namespace = NamespaceConfig::new(parts.next().unwrap_or_default());
    for part in parts {
        let (name, value) = part
            .split_once('=')
            .ok_or_else(|| format!("{part:?} is not of the form parameter=value"))?;
        let wrong = |what: &str| format!("{name}={value}: {value:?} is not {what}");
        match name {
            "default-ttl" => namespace.default_ttl = seconds(value).ok_or_else(|| wrong(TIME))?,
            "nsup-period" => namespace.nsup_period = seconds(value).ok_or_else(|| wrong(TIME))?,
            "allow-ttl-without-nsup" => {
                namespace.allow_ttl_without_nsup = value.parse().map_err(|_| wrong("true or false"))?;
            }
            "replication-factor" => {
                namespace.replication_factor = value.parse().map_err(|_| wrong("a number of nodes"))?;
            }
            "conflict-resolution-policy" => {
                let policy = value.parse().map_err(|_| wrong("generation or last-update-time"))?;
                namespace.conflict_resolution_policy = policy;
            }
            _ => return Err(format!("unknown parameter {name:?}, expected one of {PARAMETERS}")),
        }
    }
    Ok(namespace)
}

const TIME: &str = "a time: a number of seconds, or a number with a unit, such as 90s, 15m, 12h or 30d";
const PARAMETERS: &str =
    "default-ttl, nsup-period, allow-ttl-without-nsup, replication-factor, conflict-resolution-policy";

/// Parses a time in seconds, minutes, hours or days.
pub(super) fn parse_seconds(text: &str) -> Result<u32, String> {
    seconds(text).ok_or_else(|| format!("expected {TIME}"))
}

fn seconds(text: &str) -> Option<u32> {
    let units = [('s', 1), ('m', 60), ('h', 3600), ('d', 24 * 3600)];
    let with_unit = units
        .iter()
        .find_map(|(unit, size)| Some((text.strip_suffix(*unit)?, *size)));
    let (number, size) = with_unit.unwrap_or((text, 1));
    number.parse::<u32>().ok()?.checked_mul(size)
}

#[cfg(test)]
mod tests {
    use spikelet::ConflictResolutionPolicy;

    use super::*;

    #[test]
    fn parameters_follow_the_name() {
        let text = "orders,default-ttl=30d,nsup-period=120,allow-ttl-without-nsup=false,replication-factor=2,conflict-resolution-policy=last-update-time";
        let expected = NamespaceConfig {
            name: "orders".to_owned(),
            default_ttl: 30 * 24 * 3600,
            nsup_period: 120,
            allow_ttl_without_nsup: false,
            replication_factor: 2,
            conflict_resolution_policy: ConflictResolutionPolicy::LastUpdateTime,
        };
        assert_eq!(parse(text), Ok(expected));
        assert_eq!(parse("test"), Ok(NamespaceConfig::new("test")));
    }

    #[test]
    fn errors_name_the_parameter() {
        assert!(
            parse("a,default-ttl=3x")
                .unwrap_err()
                .starts_with("default-ttl=3x: \"3x\" is not a time")
        );
        assert!(
            parse("a,nsup-period=49711d")
                .unwrap_err()
                .contains("nsup-period=49711d")
        );
        assert!(
            parse("a,allow-ttl-without-nsup=yes")
                .unwrap_err()
                .contains("true or false")
        );
        assert!(parse("a,ttl=3").unwrap_err().contains("unknown parameter \"ttl\""));
        assert!(parse("a,b").unwrap_err().contains("parameter=value"));
    }
}
