//! From where a request comes: the other end of its connection, or what a
//! trusted proxy says. It bounds rates and stands in no log.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::Wire;
use super::rates::Ticking;
use crate::serve::world;

/// The other end of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// Where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source(pub Option<IpAddr>);

impl FromRequestParts<Wire> for Source {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, wire: &Wire) -> Result<Self, Infallible> {
        let Some(Peer(peer)) = parts.extensions.get::<Peer>() else { return Ok(Source(None)) };
        let mut source = peer.to_canonical();
        let is_trusted = |address: IpAddr| wire.trusted.iter().any(|network| network.contains(address));
        let forwarded = parts.headers.get_all("x-forwarded-for").iter();
        // What cannot be read is a hop that cannot be followed; it hides none after it.
        let lines: Vec<_> = forwarded.map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
        let hops: Vec<&str> = lines.iter().flat_map(|line| line.split(',')).collect();
        // Each proxy adds at the end whom it heard it from; what stands before
        // the first that is not trusted can be invented.
        for hop in hops.iter().rev() {
            if !is_trusted(source) {
                break;
            }
            let Some(address) = address(hop.trim()) else { break };
            source = address.to_canonical();
        }
        Ok(Source(Some(source)))
    }
}

/// The address of a hop; some proxies add its port.
pub(crate) fn address(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']')).unwrap_or(hop);
    bare.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

/// The moment at which a request is looked at.
pub fn moment() -> Ticking {
    Ticking { now: world::now(), ticks: world::ticks() }
}
