//! ASCII armor (RFC 9580, section 6).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Letters on a line.
const WIDTH: usize = 64;

/// Bytes as text, with the checksum that older readers ask for.
pub fn wrap(name: &str, bytes: &[u8]) -> String {
    let letters = STANDARD.encode(bytes);
    let mut out = format!("-----BEGIN PGP {name}-----\n\n");
    let mut rest = letters.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(WIDTH));
        out.push_str(line);
        out.push('\n');
        rest = after;
    }
    let sum = crc24(bytes).to_be_bytes();
    out.push_str(&format!("={}\n-----END PGP {name}-----\n", STANDARD.encode(&sum[1..])));
    out
}

/// The bytes of the first block of this name in a text.
pub fn unwrap(name: &str, text: &str) -> Option<Vec<u8>> {
    let begin = format!("-----BEGIN PGP {name}-----");
    let end = format!("-----END PGP {name}-----");
    let mut lines = text.lines().map(str::trim).skip_while(|line| *line != begin).skip(1);
    let mut letters = String::new();
    for line in lines.by_ref() {
        if line == end {
            return STANDARD.decode(letters).ok();
        }
        // Headers have a colon, and the checksum begins with what padding never does.
        if !line.contains(':') && !line.starts_with('=') {
            letters.push_str(line);
        }
    }
    None
}

/// Section 6.1.1.
fn crc24(bytes: &[u8]) -> u32 {
    let mut sum = 0x00b7_04ce_u32;
    for byte in bytes {
        sum ^= u32::from(*byte) << 16;
        for _ in 0..8 {
            sum <<= 1;
            if sum & 0x0100_0000 != 0 {
                sum ^= 0x0186_4cfb;
            }
        }
    }
    sum & 0x00ff_ffff
}
