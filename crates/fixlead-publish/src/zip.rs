//! Archives that are the same whenever they are made (PKWARE's APPNOTE 6.3):
//! names in order, no date, deflated entries, none larger than 4 GiB.

use std::collections::BTreeMap;
use std::ops::Range;

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;

use crate::content::Content;

/// Most entries without the extension that not every reader knows.
pub const MOST_ENTRIES: usize = 65_535;
/// The largest entry that is read back, in bytes.
const MOST_ENTRY: usize = 16 * 1024 * 1024;
/// How hard to compress; more gains little.
const EFFORT: u8 = 6;
/// The first day that the format knows, 1980-01-01.
const NO_DATE: u16 = 0x21;

/// What stands before the name of an entry, and before that in the directory.
const HEAD: usize = 30;
const LISTED: usize = 46;

/// An entry as it stands in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    about: About,
    /// Its head, its name and what it holds.
    record: Vec<u8>,
}

/// What the directory of an archive says of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct About {
    sum: u32,
    packed: u32,
    size: u32,
}

impl Piece {
    /// Compresses an entry.
    pub fn of(name: &str, bytes: &[u8]) -> Piece {
        let deflated = compress_to_vec(bytes, EFFORT);
        let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let about = About { sum: crc32(bytes), packed: deflated.len() as u32, size };
        let mut record = Vec::with_capacity(HEAD + name.len() + deflated.len());
        record.extend(b"PK\x03\x04");
        record.extend(about.common(name));
        record.extend(name.as_bytes());
        record.extend(deflated);
        Piece { about, record }
    }
}

impl About {
    /// What an entry and its line of the directory both say.
    fn common(&self, name: &str) -> [u8; 26] {
        let mut common = [0; 26];
        // Version 2.0 to extract; names are UTF-8; deflated.
        for (place, word) in [20_u16, 0x0800, 8, 0, NO_DATE].into_iter().enumerate() {
            common[2 * place..2 * place + 2].copy_from_slice(&word.to_le_bytes());
        }
        for (place, long) in [self.sum, self.packed, self.size].into_iter().enumerate() {
            common[10 + 4 * place..14 + 4 * place].copy_from_slice(&long.to_le_bytes());
        }
        common[22..24].copy_from_slice(&(name.len() as u16).to_le_bytes());
        common
    }
}

/// An entry of an archive that was made before.
#[derive(Clone, Debug)]
pub struct Kept {
    about: About,
    record: Range<usize>,
}

/// An archive of the entries of these names, in their order and each once, at most
/// [`MOST_ENTRIES`]: each is what was `kept`, or what `make` makes of its place.
///
/// # Errors
/// What `make` says.
pub fn archive<'a>(
    before: &'a [u8],
    names: &[String],
    kept: impl Fn(usize) -> Option<Kept>,
    mut make: impl FnMut(usize) -> Result<Piece, String>,
) -> Result<Content<'a>, String> {
    let mut out = Content::upon(before);
    let mut start: u32 = 0;
    let mut directory = Vec::with_capacity(names.iter().map(|name| LISTED + name.len()).sum());
    for (place, name) in names.iter().enumerate() {
        let (about, length) = match kept(place) {
            Some(kept) => {
                out.keep(kept.record.clone());
                (kept.about, kept.record.len())
            }
            None => {
                let piece = make(place)?;
                out.add(&piece.record);
                (piece.about, piece.record.len())
            }
        };
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(about.common(name));
        directory.extend([0; 10]);
        directory.extend(start.to_le_bytes());
        directory.extend(name.as_bytes());
        start += length as u32;
    }
    let length = (directory.len() as u32).to_le_bytes();
    directory.extend(b"PK\x05\x06\0\0\0\0");
    let count = (names.len() as u16).to_le_bytes();
    directory.extend([count, count].concat());
    directory.extend(length);
    directory.extend(start.to_le_bytes());
    directory.extend([0, 0]);
    out.add(&directory);
    Ok(out)
}

/// The entries of an archive that [`archive`] made, by their names; nothing of any other.
pub fn entries(bytes: &[u8]) -> Option<BTreeMap<&str, Kept>> {
    let word = |at: usize| Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let long = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let end = bytes.len().checked_sub(22)?;
    if bytes.get(end..end + 4)? != b"PK\x05\x06" {
        return None;
    }
    let count = word(end + 10)?;
    let mut at = long(end + 16)? as usize;
    let mut found = BTreeMap::new();
    for _ in 0..count {
        if bytes.get(at..at + 4)? != b"PK\x01\x02" {
            return None;
        }
        let about = About { sum: long(at + 16)?, packed: long(at + 20)?, size: long(at + 24)? };
        let (length, start) = (word(at + 28)? as usize, long(at + 42)? as usize);
        let name = std::str::from_utf8(bytes.get(at + LISTED..at + LISTED + length)?).ok()?;
        let record = start..start + HEAD + length + about.packed as usize;
        // What the directory says stands before the entry too.
        let whole = bytes.get(record.clone())?;
        if !whole.starts_with(b"PK\x03\x04") || whole[4..HEAD] != about.common(name) {
            return None;
        }
        found.insert(name, Kept { about, record });
        at += LISTED + length;
    }
    Some(found)
}

/// What an entry of an archive holds, if it is whole.
pub fn open(archive: &[u8], kept: &Kept) -> Option<Vec<u8>> {
    let record = archive.get(kept.record.clone())?;
    let deflated = record.get(record.len().checked_sub(kept.about.packed as usize)?..)?;
    let bytes = decompress_to_vec_with_limit(deflated, MOST_ENTRY).ok()?;
    (crc32(&bytes) == kept.about.sum && bytes.len() == kept.about.size as usize).then_some(bytes)
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
        let mut names: Vec<String> = texts.iter().map(|text| format!("{}.json", text.len())).collect();
        let piece = |place: usize| Ok(Piece::of(&names[place], texts[place].as_bytes()));
        let bytes = archive(&[], &names, |_| None, piece).unwrap().into_bytes();
        let made = entries(&bytes).unwrap();
        for (name, text) in names.iter().zip(texts) {
            assert_eq!(open(&bytes, &made[name.as_str()]).unwrap(), text.as_bytes());
        }
        // What is kept is as it would be made.
        let same = archive(
            &bytes,
            &names,
            |place| made.get(names[place].as_str()).cloned(),
            |_| Err("nothing is made anew".to_owned()),
        );
        assert_eq!(same.unwrap().into_bytes(), bytes);
        let second = archive(
            &bytes,
            &names,
            |place| (place != 1).then(|| made[names[place].as_str()].clone()),
            |place| Ok(Piece::of(&names[place], b"other")),
        );
        let second = second.unwrap().into_bytes();
        names[1] = "2.json".to_owned();
        assert_eq!(open(&second, &entries(&second).unwrap()["2.json"]).unwrap(), b"other");
        assert_eq!(
            open(&second, &entries(&second).unwrap()[names[2].as_str()]).unwrap(),
            texts[2].as_bytes()
        );
        for place in 0..bytes.len() {
            let mut other = bytes.clone();
            other[place] ^= 0x11;
            let _ = entries(&other);
            assert!(entries(&bytes[..place]).is_none());
        }
        let mut wrong = made["2.json"].clone();
        wrong.about.sum ^= 1;
        assert_eq!(open(&bytes, &wrong), None);
    }
}
