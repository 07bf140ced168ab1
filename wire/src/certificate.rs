//! The names in an X.509 certificate.
//!
//! A client compares them with the TLS name of a node, and a server takes the name of a user from them. Only the names are
//! decoded; whether a certificate can be trusted is decided by TLS.

use crate::error::DecodeError;

/// The names in a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CertificateNames {
    /// The first common name of the subject (CN).
    pub common_name: Option<String>,
    /// The organizational units of the subject (OU).
    pub organizational_units: Vec<String>,
    /// The alternative names of the subject that are DNS names.
    pub dns_names: Vec<String>,
}

/// The tags of DER.
mod tag {
    pub(super) const OCTET_STRING: u8 = 0x04;
    pub(super) const OID: u8 = 0x06;
    pub(super) const SEQUENCE: u8 = 0x30;
    pub(super) const SET: u8 = 0x31;
    /// Of a DNS name among alternative names.
    pub(super) const DNS_NAME: u8 = 0x82;
    /// Of a certificate's version.
    pub(super) const VERSION: u8 = 0xa0;
    /// Of a certificate's extensions.
    pub(super) const EXTENSIONS: u8 = 0xa3;
    /// Text in UTF-8 or a subset of it: UTF8String, PrintableString, IA5String.
    pub(super) const TEXT: [u8; 3] = [0x0c, 0x13, 0x16];
}

const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const ORGANIZATIONAL_UNIT: &[u8] = &[0x55, 4, 11];
const ALTERNATIVE_NAME: &[u8] = &[0x55, 29, 17];

impl CertificateNames {
    /// Decodes the names in a certificate in DER.
    ///
    /// # Errors
    /// If the certificate is damaged before the end of its names.
    pub fn decode(certificate: &[u8]) -> Result<Self, DecodeError> {
        Self::of(certificate).ok_or(DecodeError::new("a certificate that cannot be read", 0))
    }

    fn of(certificate: &[u8]) -> Option<Self> {
        let mut names = Self::default();
        let mut certificate = Der(Der(certificate).expect(tag::SEQUENCE)?);
        let mut signed = Der(certificate.expect(tag::SEQUENCE)?);
        if signed.0.first() == Some(&tag::VERSION) {
            signed.next()?;
        }
        // The serial number, the algorithm of the signature, the issuer and the validity.
        (0..4).try_for_each(|_| signed.next().map(drop))?;
        names.take_subject(Der(signed.expect(tag::SEQUENCE)?))?;
        while let Some((tag, content)) = signed.next() {
            if tag == tag::EXTENSIONS {
                names.take_extensions(Der(Der(content).expect(tag::SEQUENCE)?))?;
            }
        }
        Some(names)
    }

    fn take_subject(&mut self, mut subject: Der<'_>) -> Option<()> {
        while !subject.0.is_empty() {
            let mut set = Der(subject.expect(tag::SET)?);
            while !set.0.is_empty() {
                let mut attribute = Der(set.expect(tag::SEQUENCE)?);
                let kind = attribute.expect(tag::OID)?;
                let (tag, text) = attribute.next()?;
                let text = std::str::from_utf8(text).ok().filter(|_| tag::TEXT.contains(&tag));
                let text = text.map(str::to_owned);
                match kind {
                    COMMON_NAME if self.common_name.is_none() => self.common_name = text,
                    ORGANIZATIONAL_UNIT => self.organizational_units.extend(text),
                    _ => {}
                }
            }
        }
        Some(())
    }

    fn take_extensions(&mut self, mut extensions: Der<'_>) -> Option<()> {
        while !extensions.0.is_empty() {
            let mut extension = Der(extensions.expect(tag::SEQUENCE)?);
            if extension.expect(tag::OID)? != ALTERNATIVE_NAME {
                continue;
            }
            // Before the content may be a flag that tells whether the extension is critical.
            let content = std::iter::from_fn(|| extension.next()).find(|(tag, _)| *tag == tag::OCTET_STRING);
            let mut names = Der(Der(content?.1).expect(tag::SEQUENCE)?);
            while !names.0.is_empty() {
                let (tag, name) = names.next()?;
                if tag == tag::DNS_NAME {
                    self.dns_names.extend(std::str::from_utf8(name).map(str::to_owned));
                }
            }
        }
        Some(())
    }

    /// Whether one of the names is this TLS name, regardless of case.
    #[must_use]
    pub fn has(&self, tls_name: &str) -> bool {
        let mut names = self.common_name.iter().chain(&self.dns_names);
        names.any(|name| name.eq_ignore_ascii_case(tls_name))
    }
}

/// Elements in DER, one after the other.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The tag and the content of the next element; `None` if there is none, or it is damaged.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&[tag, length], mut rest) = self.0.split_first_chunk()?;
        let length = match length {
            0..=0x7f => usize::from(length),
            // The length of the length.
            0x81..=0x84 => {
                let (bytes, behind) = rest.split_at_checked(usize::from(length - 0x80))?;
                rest = behind;
                bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte))
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    /// The content of the next element, which must have this tag.
    fn expect(&mut self, expected: u8) -> Option<&'a [u8]> {
        self.next()
            .filter(|(tag, _)| *tag == expected)
            .map(|(_, content)| content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An element in DER.
    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let size = u16::try_from(content.len()).unwrap();
        let [high, low] = size.to_be_bytes();
        match size {
            0..=0x7f => [&[tag, low], content].concat(),
            _ => [&[tag, 0x82, high, low], content].concat(),
        }
    }

    fn certificate() -> Vec<u8> {
        let attribute = |kind, tag, text: &str| {
            let attribute = [der(tag::OID, kind), der(tag, text.as_bytes())].concat();
            der(tag::SET, &der(tag::SEQUENCE, &attribute))
        };
        let subject = [
            attribute(ORGANIZATIONAL_UNIT, 0x0c, "tests"),
            attribute(COMMON_NAME, 0x13, "alice"),
            attribute(COMMON_NAME, 0x0c, "second"),
        ];
        let names = [
            der(0x82, b"a.example"),
            der(0x87, &[127, 0, 0, 1]),
            der(0x82, b"b.example"),
        ];
        let extension = |oid: &[u8], critical: &[u8], content: &[u8]| {
            let parts = [der(tag::OID, oid), critical.to_vec(), der(tag::OCTET_STRING, content)];
            der(tag::SEQUENCE, &parts.concat())
        };
        let extensions = [
            extension(&[0x55, 29, 19], &[1, 1, 0xff], &[0x30, 0]),
            extension(ALTERNATIVE_NAME, &[1, 1, 0xff], &der(tag::SEQUENCE, &names.concat())),
        ];
        let signed = [
            der(tag::VERSION, &[2, 1, 2]),
            der(2, &[7]),
            der(tag::SEQUENCE, &[]),
            der(tag::SEQUENCE, &[]),
            der(tag::SEQUENCE, &[]),
            der(tag::SEQUENCE, &subject.concat()),
            der(tag::SEQUENCE, &[0; 200]),
            der(tag::EXTENSIONS, &der(tag::SEQUENCE, &extensions.concat())),
        ];
        let parts = [der(tag::SEQUENCE, &signed.concat()), der(3, &[0; 70])];
        der(tag::SEQUENCE, &parts.concat())
    }

    #[test]
    fn names_are_read() {
        let names = CertificateNames::decode(&certificate()).unwrap();
        assert_eq!(names.common_name.as_deref(), Some("alice"));
        assert_eq!(names.organizational_units, ["tests"]);
        assert_eq!(names.dns_names, ["a.example", "b.example"]);
        assert!(names.has("alice") && names.has("B.example") && !names.has("second"));
    }

    #[test]
    fn damaged_certificates_are_rejected() {
        let whole = certificate();
        for size in 0..whole.len() {
            assert!(CertificateNames::decode(&whole[..size]).is_err(), "{size}");
        }
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x80;
            let _ = CertificateNames::decode(&damaged);
        }
        assert!(CertificateNames::decode(&[0x30, 0x85, 1, 1, 1, 1, 1]).is_err());
        assert!(CertificateNames::decode(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]).is_err());
    }
}
