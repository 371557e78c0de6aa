//! Which weaknesses there are: ids and names of the Common Weakness
//! Enumeration, version 4.20, without its deprecated entries. The list and its
//! names are © The MITRE Corporation; nothing else of it is here.

/// A line for each weakness, by number: `79 Improper …`.
const LIST: &str = include_str!("cwe.txt");

/// The number of an id such as `CWE-79`.
fn number(id: &str) -> Option<u32> {
    let digits = id.strip_prefix("CWE-")?;
    let plain =
        !digits.is_empty() && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

/// The name of a weakness by its id, `CWE-79`; `None` for what is not in the
/// list, which holds neither categories nor views.
pub fn name(id: &str) -> Option<&'static str> {
    let wanted = number(id)?;
    // Lines have different lengths, so that the middle is sought by bytes and
    // then moved to the beginning of its line.
    let (mut low, mut high) = (0, LIST.len());
    while low < high {
        let middle = (low + high) / 2;
        let start = LIST.as_bytes()[..middle].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let line = LIST[start..].lines().next().unwrap_or_default();
        let (found, name) = line.split_once(' ')?;
        match found.parse::<u32>().ok()?.cmp(&wanted) {
            std::cmp::Ordering::Equal => return Some(name),
            std::cmp::Ordering::Less => low = start + line.len() + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_found_by_its_number_and_nothing_else() {
        let mut last = 0;
        for line in LIST.lines() {
            let (id, own) = line.split_once(' ').unwrap();
            let id: u32 = id.parse().unwrap();
            assert!(id > last, "CWE-{id} is out of order");
            for missing in last + 1..id {
                assert_eq!(name(&format!("CWE-{missing}")), None);
            }
            assert_eq!(name(&format!("CWE-{id}")), Some(own));
            last = id;
        }
        for wrong in ["", "79", "CWE-", "CWE-079", "CWE-+79", "cwe-79", "CWE-99999999999"] {
            assert_eq!(name(wrong), None, "{wrong}");
        }
    }
}
