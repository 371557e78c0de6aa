//! The framing of packets (RFC 9580, section 4.2).

/// A packet: its type id and its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Its type id (section 5).
    pub id: u8,
    /// What it holds.
    pub body: &'a [u8],
}

/// The packets of a sequence, one after the other. What cannot be read ends it
/// with an error.
pub struct Packets<'a>(&'a [u8]);

impl<'a> Packets<'a> {
    /// The packets in some bytes.
    pub fn of(bytes: &'a [u8]) -> Self {
        Packets(bytes)
    }
}

/// What cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

impl<'a> Iterator for Packets<'a> {
    type Item = Result<Packet<'a>, Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let read = packet(self.0);
        self.0 = read.map_or(&[], |(_, rest)| rest);
        Some(read.map(|(packet, _)| packet).ok_or(Broken))
    }
}

fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte))
}

fn split(bytes: &[u8], at: usize) -> Option<(&[u8], &[u8])> {
    bytes.split_at_checked(at)
}

fn packet(bytes: &[u8]) -> Option<(Packet<'_>, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    if first & 0x80 == 0 {
        return None;
    }
    if first & 0x40 != 0 {
        let id = first & 0x3f;
        // Only packets of data come in parts (section 4.2.1.4), and nothing is
        // read of those but that they are there.
        if rest.first().is_some_and(|octet| (224..255).contains(octet)) {
            return is_data(id).then_some((Packet { id, body: &[] }, &[]));
        }
        let (length, rest) = length(rest)?;
        let (body, rest) = split(rest, length)?;
        return Some((Packet { id, body }, rest));
    }
    // The legacy format, section 4.2.2.
    let id = first >> 2 & 0x0f;
    let octets = match first & 3 {
        0 => 1,
        1 => 2,
        2 => 4,
        _ => return is_data(id).then_some((Packet { id, body: &[] }, &[])),
    };
    let (length, rest) = split(rest, octets)?;
    let (body, rest) = split(rest, number(length))?;
    Some((Packet { id, body }, rest))
}

/// Compressed, encrypted or literal data.
fn is_data(id: u8) -> bool {
    matches!(id, 8 | 9 | 11 | 18 | 20)
}

/// A length of one, two or five octets (sections 4.2.1 and 5.2.3.7), and what
/// comes behind it.
pub fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    match first {
        0..192 => Some((usize::from(*first), rest)),
        192..=223 => {
            let (second, rest) = rest.split_first()?;
            Some(((usize::from(*first) - 192 << 8) + usize::from(*second) + 192, rest))
        }
        255 => {
            let (length, rest) = split(rest, 4)?;
            Some((number(length), rest))
        }
        _ => None,
    }
}

/// The subpackets of a signature (section 5.2.3.7): their types without the bit
/// that marks what is critical, and what they hold.
pub fn subpackets(mut bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    std::iter::from_fn(move || {
        // Here two octets begin with anything from 192 to 254.
        let (size, rest) = match bytes.split_first()? {
            (first @ 224..=254, rest) => {
                let (second, rest) = rest.split_first()?;
                ((usize::from(*first) - 192 << 8) + usize::from(*second) + 192, rest)
            }
            _ => length(bytes)?,
        };
        let (body, rest) = split(rest, size)?;
        bytes = rest;
        let (kind, body) = body.split_first()?;
        Some((kind & 0x7f, body))
    })
}
