//! From where a request comes: the other end of its connection, or what a
//! trusted proxy says. It bounds rates and stands in no log.

#![allow(dead_code, reason = "the forms for reporters, which bound rates by it, come with their use cases")]

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::Wire;

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
        let hops: Vec<&str> =
            forwarded.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(',')).collect();
        // Each proxy adds at the end whom it heard it from; what stands before
        // the first that is not trusted can be invented.
        for hop in hops.iter().rev() {
            if !is_trusted(source) {
                break;
            }
            let Ok(address) = hop.trim().parse::<IpAddr>() else { break };
            source = address.to_canonical();
        }
        Ok(Source(Some(source)))
    }
}
