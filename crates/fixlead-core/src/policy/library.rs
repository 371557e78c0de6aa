//! The policies that come with Fixlead.

use crate::case::json::nearest;

/// Id and text of each, bases first.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("vitess", include_str!("../../../../policies/vitess.toml")),
    ("opentelemetry", include_str!("../../../../policies/opentelemetry.toml")),
    ("linux-distros", include_str!("../../../../policies/linux-distros.toml")),
    ("cra-art14", include_str!("../../../../policies/cra-art14.toml")),
];

/// The text of a built-in policy.
pub fn built_in(id: &str) -> Option<&'static str> {
    BUILT_IN.iter().find(|(name, _)| *name == id).map(|(_, text)| *text)
}

/// A hint at the built-in policy that an unknown id probably means; empty when
/// none is near.
pub fn hint(id: &str) -> String {
    nearest(id, BUILT_IN.iter().map(|(id, _)| *id))
}
