//! The range of an indexed value that a query selects.

use std::fmt;

use spikelet_wire::{ParticleType, Value};

use super::show::shown;

/// The range of an indexed value that a query selects.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct IndexRange {
    /// The bin; empty if the query gives the name or the expression of an index instead.
    pub bin: String,
    /// The first value of the range. For GeoJSON, the region or the point that the record's value must lie in or contain.
    pub first: Value,
    /// The last value of the range. It differs from the first only for integers.
    pub last: Value,
}

impl IndexRange {
    /// Decodes the field: a count of 1, the bin name with its size, the type, and each end of the range with its size.
    pub(super) fn of(field: &[u8]) -> Option<Self> {
        let (&[1, name_size], rest) = field.split_first_chunk()? else {
            return None;
        };
        let (bin, rest) = rest.split_at_checked(name_size.into())?;
        let (&particle_type, rest) = rest.split_first()?;
        let particle_type = ParticleType(particle_type);
        let value = |bytes: &[u8]| Value::from_particle(particle_type, bytes).ok();
        let (first, rest) = end(rest)?;
        // GeoJSON is plain text here, without the header that the particle has.
        let first = match particle_type {
            ParticleType::GEOJSON => Value::GeoJson(String::from_utf8(first.to_vec()).ok()?),
            _ => value(first)?,
        };
        let last = match particle_type {
            ParticleType::INTEGER => value(end(rest)?.0)?,
            _ => first.clone(),
        };
        Some(Self {
            bin: String::from_utf8_lossy(bin).into_owned(),
            first,
            last,
        })
    }
}

fn end(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let (size, rest) = data.split_first_chunk()?;
    rest.split_at_checked(u32::from_be_bytes(*size).try_into().ok()?)
}

/// `n between 1 and 3`
impl fmt::Display for IndexRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.bin.is_empty() { "value" } else { &self.bin })?;
        match (&self.first, &self.last) {
            (Value::GeoJson(_), _) => write!(f, " meets {}", shown(&self.first)),
            (first, last) if first == last => write!(f, " = {}", shown(first)),
            (Value::Int(i64::MIN), last) => write!(f, " up to {}", shown(last)),
            (first, Value::Int(i64::MAX)) => write!(f, " from {}", shown(first)),
            (first, last) => write!(f, " between {} and {}", shown(first), shown(last)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bin: &str, particle_type: ParticleType, ends: [&[u8]; 2]) -> Option<String> {
        let mut field = vec![1, bin.len() as u8];
        field.extend_from_slice(bin.as_bytes());
        field.push(particle_type.0);
        for end in ends {
            field.extend_from_slice(&(end.len() as u32).to_be_bytes());
            field.extend_from_slice(end);
        }
        // A truncated field is not decoded.
        let complete = field.len() - ends[1].len() - 4;
        for size in 0..complete {
            assert_eq!(IndexRange::of(&field[..size]), None, "{size} bytes");
        }
        IndexRange::of(&field).map(|range| range.to_string())
    }

    #[test]
    fn ranges_are_shown_as_conditions() {
        let ints = |first: i64, last: i64| {
            let ends = [first.to_be_bytes(), last.to_be_bytes()];
            text("n", ParticleType::INTEGER, [&ends[0], &ends[1]]).unwrap()
        };
        assert_eq!(ints(1, 3), "n between 1 and 3");
        assert_eq!(ints(3, 3), "n = 3");
        assert_eq!(ints(i64::MIN, 3), "n up to 3");
        assert_eq!(ints(3, i64::MAX), "n from 3");
        let string = text("", ParticleType::STRING, [b"a", b"a"]);
        assert_eq!(string.as_deref(), Some(r#"value = "a""#));
        let point = br#"{"type":"Point","coordinates":[1,2]}"#;
        let geo = text("at", ParticleType::GEOJSON, [point, point]).unwrap();
        assert!(geo.starts_with("at meets ") && geo.contains("Point"), "{geo}");
        assert_eq!(text("n", ParticleType::INTEGER, [&[0; 9], &[0; 9]]), None);
    }
}
