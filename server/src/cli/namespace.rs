//! A namespace argument: `name,parameter=value,...`.

use crate::NamespaceConfig;

/// Parses a namespace and its parameters.
pub(super) fn parse(text: &str) -> Result<NamespaceConfig, String> {
    let mut parts = text.split(',');
    let mut namespace = NamespaceConfig::new(parts.next().unwrap_or_default());
    for part in parts {
        let (name, value) = part
            .split_once('=')
            .ok_or_else(|| format!("{part:?} is not of the form parameter=value"))?;
        namespace.set(name, value).map_err(|error| format!("{part}: {error}"))?;
    }
    Ok(namespace)
}

#[cfg(test)]
mod tests {
    use crate::ConflictResolutionPolicy;

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
            ..NamespaceConfig::new("orders")
        };
        assert_eq!(parse(text), Ok(expected));
        assert_eq!(parse("test"), Ok(NamespaceConfig::new("test")));
    }

    #[test]
    fn errors_name_the_parameter() {
        assert_eq!(
            parse("a,default-ttl=3x").unwrap_err(),
            "default-ttl=3x: default-ttl must be a number of seconds, or a number with a unit, such as 90s, 15m, 12h or 30d, \
             not 3x"
        );
        assert_eq!(
            parse("a,default-tll=3").unwrap_err(),
            "default-tll=3: unknown parameter \"default-tll\"; there is a parameter default-ttl"
        );
        assert!(parse("a,b").unwrap_err().contains("parameter=value"));
    }
}
