//! Object ids: 20 bytes (SHA-1) or 32 (SHA-256).

use std::fmt;

/// How a repository names its objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// 20 bytes.
    Sha1,
    /// 32 bytes.
    Sha256,
}

impl Format {
    /// The length of an id, in bytes.
    pub fn length(self) -> usize {
        match self {
            Format::Sha1 => 20,
            Format::Sha256 => 32,
        }
    }

    /// The word git has for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Sha1 => "sha1",
            Format::Sha256 => "sha256",
        }
    }
}

const MOST: usize = 32;

/// The full id of an object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    bytes: [u8; MOST],
    length: u8,
}

impl Id {
    /// From the bytes of an id; `None` unless there are 20 or 32.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        if bytes.len() != Format::Sha1.length() && bytes.len() != Format::Sha256.length() {
            return None;
        }
        let mut own = [0; MOST];
        own[..bytes.len()].copy_from_slice(bytes);
        Some(Id { bytes: own, length: bytes.len() as u8 })
    }

    /// From a full id in hexadecimal digits; `None` if it is anything else.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 2 * Format::Sha1.length() && digits.len() != 2 * MOST {
            return None;
        }
        let mut bytes = [0; MOST];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = (digit(pair[0])? << 4) | digit(pair[1])?;
        }
        Some(Id { bytes, length: (digits.len() / 2) as u8 })
    }

    /// The bytes of the id.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    /// Whether the id in hexadecimal begins with these digits.
    pub fn begins_with(&self, digits: &str) -> bool {
        self.to_string().starts_with(digits)
    }
}

fn digit(letter: u8) -> Option<u8> {
    match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for Id {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 2 * MOST];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.as_bytes()) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        let text = std::str::from_utf8(&text[..2 * self.as_bytes().len()]).map_err(|_| fmt::Error)?;
        out.pad(text)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_written_as_it_was_read() {
        for text in ["00ff".repeat(10), "12ab".repeat(16)] {
            let id = Id::from_hex(&text).unwrap();
            assert_eq!(id.to_string(), text);
            assert_eq!(Id::from_bytes(id.as_bytes()), Some(id));
            assert!(id.begins_with(&text[..9]) && !id.begins_with("f"));
        }
    }

    #[test]
    fn what_is_no_full_id_is_none() {
        for text in ["", "00ff", &"00FF".repeat(10), &"zz".repeat(20), &"é".repeat(20), &"0".repeat(41)] {
            assert_eq!(Id::from_hex(text), None, "{text}");
        }
        assert_eq!(Id::from_bytes(&[0; 21]), None);
    }
}
