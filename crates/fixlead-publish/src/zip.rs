//! Archives that are the same whenever they are made (PKWARE's APPNOTE 6.3):
//! names in order, no date, deflated entries, none larger than 4 GiB.

use std::collections::BTreeMap;

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;

/// Most entries without the extension that not every reader knows.
pub const MOST_ENTRIES: usize = 65_535;
/// The largest entry that is read back, in bytes.
const MOST_ENTRY: usize = 16 * 1024 * 1024;
/// How hard to compress; more gains little.
const EFFORT: u8 = 6;
/// The first day that the format knows, 1980-01-01.
const NO_DATE: u16 = 0x21;

/// An entry as it stands in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    sum: u32,
    size: u32,
    deflated: Vec<u8>,
}

impl Piece {
    /// Compresses an entry.
    pub fn of(bytes: &[u8]) -> Piece {
        let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        Piece { sum: crc32(bytes), size, deflated: compress_to_vec(bytes, EFFORT) }
    }

    /// What it holds, if it is whole.
    pub fn open(&self) -> Option<Vec<u8>> {
        let bytes = decompress_to_vec_with_limit(&self.deflated, MOST_ENTRY).ok()?;
        (crc32(&bytes) == self.sum && bytes.len() == self.size as usize).then_some(bytes)
    }
}

/// An archive of entries in the order of their names; at most [`MOST_ENTRIES`].
pub fn archive(entries: &BTreeMap<String, Piece>) -> Vec<u8> {
    let total: usize = entries.iter().map(|(name, piece)| piece.deflated.len() + 2 * name.len() + 76).sum();
    let mut out = Vec::with_capacity(total + 22);
    let mut directory = Vec::new();
    for (name, piece) in entries {
        let start = out.len() as u32;
        let mut common = Vec::with_capacity(26);
        // Version 2.0 to extract; names are UTF-8; deflated.
        for word in [20_u16, 0x0800, 8, 0, NO_DATE] {
            common.extend(word.to_le_bytes());
        }
        for long in [piece.sum, piece.deflated.len() as u32, piece.size] {
            common.extend(long.to_le_bytes());
        }
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0, 0]);
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(name.as_bytes());
        out.extend(&piece.deflated);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(start.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let start = out.len() as u32;
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    let count = (entries.len() as u16).to_le_bytes();
    out.extend([count, count].concat());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

/// The entries of an archive that [`archive`] made; nothing of any other.
pub fn entries(bytes: &[u8]) -> Option<BTreeMap<String, Piece>> {
    let word = |at: usize| Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let long = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let end = bytes.len().checked_sub(22)?;
    if bytes.get(end..end + 4)? != b"PK\x05\x06" {
        return None;
    }
    let mut at = long(end + 16)? as usize;
    let mut found = BTreeMap::new();
    for _ in 0..word(end + 10)? {
        if bytes.get(at..at + 4)? != b"PK\x01\x02" {
            return None;
        }
        let (sum, packed, size) = (long(at + 16)?, long(at + 20)? as usize, long(at + 24)?);
        let (length, start) = (word(at + 28)? as usize, long(at + 42)? as usize);
        let name = std::str::from_utf8(bytes.get(at + 46..at + 46 + length)?).ok()?;
        let data = start + 30 + length;
        let deflated = bytes.get(data..data.checked_add(packed)?)?.to_vec();
        found.insert(name.to_owned(), Piece { sum, size, deflated });
        at += 46 + length;
    }
    Some(found)
}

/// A table of what each byte does to the sum.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut sum = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 };
            bit += 1;
        }
        table[byte] = sum;
        byte += 1;
    }
    table
};

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum: u32, byte| sum >> 8 ^ TABLE[usize::from(sum as u8 ^ byte)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_read_as_it_was_made_and_damage_is_noticed() {
        // The check value of CRC-32/ISO-HDLC.
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        let texts = ["", "{}", &"many words ".repeat(1000)];
        let made: BTreeMap<String, Piece> =
            texts.iter().map(|text| (format!("{}.json", text.len()), Piece::of(text.as_bytes()))).collect();
        let bytes = archive(&made);
        assert_eq!(bytes.len(), bytes.capacity(), "the size is known before");
        assert_eq!(entries(&bytes).unwrap(), made);
        for (name, piece) in &made {
            assert_eq!(format!("{}.json", piece.open().unwrap().len()), *name);
        }
        for place in 0..bytes.len() {
            let mut other = bytes.clone();
            other[place] ^= 0x11;
            let _ = entries(&other);
            assert!(entries(&bytes[..place]).is_none());
        }
        let mut wrong = made["2.json"].clone();
        wrong.sum ^= 1;
        assert_eq!(wrong.open(), None);
    }
}
