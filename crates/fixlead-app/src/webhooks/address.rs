//! Where a webhook may be, and which addresses of the network are nobody's
//! own.
//!
//! An address is read strictly, so that what is checked here is what is called
//! later. Which number a name stands for is asked at the moment of calling, and
//! [`is_public`] is asked about the very number that is then called.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The longest address, in characters.
pub const MOST_URL: usize = 300;

/// A host, as an address names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A name.
    Name(String),
    /// A number.
    Number(IpAddr),
}

/// An address that can be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    encrypted: bool,
    host: Host,
    port: u16,
    /// Path and query.
    path: String,
}

impl Address {
    /// Reads `https://host[:port]/path?query`.
    ///
    /// # Errors
    /// What is wrong with it, and what to do; never the address, which may hold
    /// a secret of the receiver.
    pub fn parse(text: &str) -> Result<Address, &'static str> {
        if text.len() > MOST_URL {
            return Err("the address is longer than 300 characters; shorten it");
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic())
            || text.contains(['\\', '"', '<', '>', '`', '^', '{', '|', '}'])
        {
            return Err("the address holds characters that belong into no address; encode them with %");
        }
        let (scheme, rest) = text.split_once("://").ok_or("an address begins with https://")?;
        let encrypted = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err("an address begins with https://"),
        };
        if rest.contains('#') {
            return Err("what comes after `#` is never sent; leave it out");
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.contains('@') {
            return Err("no name and password in an address; the signature shows who sends");
        }
        let (host, port) = match authority.strip_prefix('[') {
            Some(rest) => {
                let (number, port) = rest.split_once(']').ok_or("the `[` of the host is not closed")?;
                let number: Ipv6Addr = number.parse().map_err(|_| "the host in `[]` is no IPv6 address")?;
                (Host::Number(number.into()), port)
            }
            None => {
                let at = authority.find(':').unwrap_or(authority.len());
                let (name, port) = authority.split_at(at);
                (host(name)?, port)
            }
        };
        let port = match port.strip_prefix(':') {
            None if port.is_empty() => {
                if encrypted {
                    443
                } else {
                    80
                }
            }
            Some(digits) if !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()) => {
                digits.parse().ok().filter(|port| *port != 0).ok_or("there is no such port")?
            }
            _ => return Err("the port is a number after `:`"),
        };
        let path = match path.as_bytes().first() {
            Some(b'/') => path.to_owned(),
            _ => format!("/{path}"),
        };
        Ok(Address { encrypted, host, port, path })
    }

    /// Whether what is sent there is encrypted on its way.
    pub fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// The host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Path and query, beginning with `/`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Host and port as the header `Host` names them.
    pub fn authority(&self) -> String {
        let usual = if self.encrypted { 443 } else { 80 };
        let host = match &self.host {
            Host::Name(name) => name.clone(),
            Host::Number(IpAddr::V4(number)) => number.to_string(),
            Host::Number(IpAddr::V6(number)) => format!("[{number}]"),
        };
        if self.port == usual { host } else { format!("{host}:{}", self.port) }
    }

    /// Why nobody would be called there, as far as that is seen without asking
    /// what its name stands for; `inside` when some addresses that are not
    /// public may be called.
    pub fn refusal(&self, inside: bool) -> Option<&'static str> {
        if inside {
            return None;
        }
        if !self.encrypted {
            return Some("an address begins with https://; what is sent would be read on its way");
        }
        match &self.host {
            Host::Number(number) if !is_public(*number) => Some(INSIDE),
            Host::Name(name) if name == "localhost" || name.ends_with(".localhost") => Some(INSIDE),
            _ if !is_port_open(self.port) => {
                Some("this port belongs to another service; receivers listen on 443, or on 1024 and above")
            }
            _ => None,
        }
    }
}

const INSIDE: &str =
    "this address is not public; name its network under `webhook.allowed-networks`, or another address";

/// A host that is no IPv6 number.
fn host(text: &str) -> Result<Host, &'static str> {
    let name = text.to_ascii_lowercase();
    let name = name.strip_suffix('.').unwrap_or(&name);
    let labels: Vec<&str> = name.split('.').collect();
    let fits = |label: &&str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if name.len() > 253 || !labels.iter().all(fits) {
        return Err("the host is a name like hooks.example.org; write others in their ASCII form (xn--…)");
    }
    // Some resolvers take `127.1`, `0x7f.1` and `2130706433` for numbers.
    let last = labels.last().copied().unwrap_or_default();
    if last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x") {
        let number: Ipv4Addr =
            name.parse().map_err(|_| "a host that ends in digits is an IPv4 address like 192.0.2.1")?;
        return Ok(Host::Number(number.into()));
    }
    Ok(Host::Name(name.to_owned()))
}

/// Ports of other services below 1024 are called for nobody.
pub fn is_port_open(port: u16) -> bool {
    port == 443 || port >= 1024
}

/// Whether a number is one that anybody on the internet could be reached at.
///
/// From the registries of special-purpose addresses (RFC 6890 and its
/// successors). What has a number inside another number (mapped, translated,
/// 6to4, Teredo) is refused whatever that is.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let number = u32::from(address);
            !NOT_PUBLIC_V4.iter().any(|(start, bits)| {
                let start = u32::from(Ipv4Addr::from(*start));
                (number ^ start).checked_shr(32 - bits).unwrap_or(0) == 0
            })
        }
        IpAddr::V6(address) => {
            let number = u128::from(address);
            let within = |start: u128, bits: u32| (number ^ start) >> (128 - bits) == 0;
            within(0x2000 << 112, 3)
                && !within(0x2001 << 112, 23)
                && !within(0x2001_0db8 << 96, 32)
                && !within(0x2002 << 112, 16)
                && !within(0x3fff << 112, 20)
        }
    }
}

/// Beginnings of networks, and how many bits they share.
const NOT_PUBLIC_V4: &[([u8; 4], u32)] = &[
    // This network, and this machine.
    ([0, 0, 0, 0], 8),
    ([127, 0, 0, 0], 8),
    // Private; shared by customers of a provider; link-local, where clouds keep
    // their metadata; and one provider's own, which lies outside of it.
    ([10, 0, 0, 0], 8),
    ([172, 16, 0, 0], 12),
    ([192, 168, 0, 0], 16),
    ([100, 64, 0, 0], 10),
    ([169, 254, 0, 0], 16),
    ([168, 63, 129, 16], 32),
    // Protocols, documentation, benchmarks, translation.
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([198, 18, 0, 0], 15),
    ([192, 88, 99, 0], 24),
    // Many at once, kept for later, and everybody.
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_what_it_looks_like() {
        let read = Address::parse("https://Hooks.Example.org:8443/in?key=a%20b").unwrap();
        assert_eq!(read.host(), &Host::Name("hooks.example.org".into()));
        assert_eq!((read.port(), read.path(), read.is_encrypted()), (8443, "/in?key=a%20b", true));
        assert_eq!(read.authority(), "hooks.example.org:8443");
        let bare = Address::parse("https://hooks.example.org").unwrap();
        assert_eq!((bare.path(), bare.authority().as_str()), ("/", "hooks.example.org"));
        let asked = Address::parse("https://[2001:db8::1]?a=b").unwrap();
        assert_eq!((asked.path(), asked.authority().as_str()), ("/?a=b", "[2001:db8::1]"));
        for bad in [
            "ftp://hooks.example.org/",
            "hooks.example.org",
            "https:///path",
            "https://user:secret@hooks.example.org/",
            "https://hooks.example.org#part",
            "https://hooks.example.org:0/",
            "https://hooks.example.org:65536/",
            "https://hooks.example.org:+443/",
            "https://hooks.example.org:/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f.0x1/",
            "https://0x7f000001/",
            "https://1.2.3.04x/../a b",
            "https://host\\@other/",
            "https://[::1/",
            "https://[::ffff:zz]/",
            "https://hö.example/",
            "https://a..b/",
            "https://-a.example/",
        ] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_not_public_is_seen_before_anybody_is_asked() {
        let refused = |text: &str, inside| Address::parse(text).unwrap().refusal(inside);
        assert_eq!(refused("https://hooks.example.org/", false), None);
        assert_eq!(refused("https://93.184.216.34:8443/", false), None);
        for bad in [
            "http://hooks.example.org/",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://localhost/",
            "https://localhost./",
            "https://a.localhost/",
            "https://hooks.example.org:22/",
            "https://169.254.169.254/latest/meta-data/",
        ] {
            assert!(refused(bad, false).is_some(), "{bad}");
            assert_eq!(refused(bad, true), None, "{bad}: an inner network is the caller's to know");
        }
    }

    #[test]
    fn numbers_that_are_somebodys_own_are_not_public() {
        let is = |text: &str| is_public(text.parse().unwrap());
        for public in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "93.184.216.34",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:2800:220:1::1",
            "2a00::1",
            "2001:200::1",
        ] {
            assert!(is(public), "{public}");
        }
        for inside in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "168.63.129.16",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:93.184.216.34",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "5f00::1",
        ] {
            assert!(!is(inside), "{inside}");
        }
    }
}
