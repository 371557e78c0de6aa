//! Package URLs (purl specification, version 1.0) and the ecosystems that the
//! formats name in their own words.

use std::fmt;

use fixlead_core::text::{echo, is_harmful};

use crate::version::Scheme;

/// A package URL, taken apart and decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purl {
    /// The type in lower case: `golang`.
    pub kind: String,
    /// What stands before the name.
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
    /// The version.
    pub version: Option<String>,
    /// Keys and values after `?`.
    pub qualifiers: Vec<(String, String)>,
    /// What stands after a number sign.
    pub subpath: Option<String>,
}

/// How the formats name the packages of a type.
#[derive(Debug)]
pub struct Ecosystem {
    /// The type of the package URL.
    pub kind: &'static str,
    /// What OSV calls it.
    pub osv: &'static str,
    /// What GHSA calls it.
    pub ghsa: &'static str,
    /// Where its packages are found, for CVE.
    pub collection: &'static str,
    /// What stands between namespace and name.
    pub joint: &'static str,
    /// How its versions are ordered.
    pub scheme: Scheme,
}

const fn ecosystem(
    kind: &'static str,
    osv: &'static str,
    ghsa: &'static str,
    collection: &'static str,
    joint: &'static str,
    scheme: Scheme,
) -> Ecosystem {
    Ecosystem { kind, osv, ghsa, collection, joint, scheme }
}

/// The ecosystems that OSV, GHSA or both know by a purl type of their own.
pub const ECOSYSTEMS: &[Ecosystem] = &[
    ecosystem("golang", "Go", "go", "https://pkg.go.dev", "/", Scheme::Semver),
    ecosystem("npm", "npm", "npm", "https://registry.npmjs.org", "/", Scheme::Semver),
    ecosystem("pypi", "PyPI", "pip", "https://pypi.org/project", "/", Scheme::Python),
    ecosystem("maven", "Maven", "maven", "https://repo.maven.apache.org/maven2", ":", Scheme::Maven),
    ecosystem("cargo", "crates.io", "rust", "https://crates.io/crates", "/", Scheme::Semver),
    ecosystem("gem", "RubyGems", "rubygems", "https://rubygems.org/gems", "/", Scheme::Gem),
    ecosystem("nuget", "NuGet", "nuget", "https://www.nuget.org/packages", "/", Scheme::Dotted),
    ecosystem("composer", "Packagist", "composer", "https://packagist.org/packages", "/", Scheme::Dotted),
    ecosystem("hex", "Hex", "erlang", "https://hex.pm/packages", "/", Scheme::Semver),
    ecosystem("pub", "Pub", "pub", "https://pub.dev/packages", "/", Scheme::Semver),
    ecosystem("swift", "SwiftURL", "swift", "https://swiftpackageindex.com", "/", Scheme::Semver),
    ecosystem("hackage", "Hackage", "other", "https://hackage.haskell.org/package", "/", Scheme::Dotted),
    ecosystem("cran", "CRAN", "other", "https://cran.r-project.org/package", "/", Scheme::Dotted),
    ecosystem("conan", "ConanCenter", "other", "https://conan.io/center/recipes", "/", Scheme::Unknown),
    ecosystem("bitnami", "Bitnami", "other", "https://bitnami.com/stack", "/", Scheme::Semver),
    ecosystem("julia", "Julia", "other", "https://juliahub.com/ui/Packages", "/", Scheme::Semver),
    ecosystem("opam", "opam", "other", "https://opam.ocaml.org/packages", "/", Scheme::Unknown),
];

impl Purl {
    /// Reads a package URL.
    ///
    /// # Errors
    /// What is wrong, and what to write.
    pub fn parse(text: &str) -> Result<Purl, String> {
        let complain = |wrong: &str| {
            Err(format!("`{}` is no package URL: {wrong}; write one like pkg:npm/%40scope/name", echo(text)))
        };
        let Some(rest) = text.strip_prefix("pkg:") else { return complain("it does not begin with pkg:") };
        let (rest, subpath) = match rest.split_once('#') {
            Some((rest, subpath)) => (rest, Some(subpath)),
            None => (rest, None),
        };
        let (rest, qualifiers) = match rest.split_once('?') {
            Some((rest, qualifiers)) => (rest, Some(qualifiers)),
            None => (rest, None),
        };
        let rest = rest.trim_start_matches('/');
        let Some((kind, rest)) = rest.split_once('/') else { return complain("it has no name") };
        let is_kind = kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".+-".contains(&byte))
            && kind.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
        if !is_kind {
            return complain("its type is letters, digits, dots, pluses and hyphens");
        }
        let rest = rest.trim_matches('/');
        // An at sign in a namespace is escaped, so that the last one begins the version.
        let (path, version) = match rest.rsplit_once('@') {
            Some((path, version)) if !version.contains('/') => (path.trim_end_matches('/'), Some(version)),
            _ => (rest, None),
        };
        let mut parts = Vec::new();
        for part in path.split('/').filter(|part| !part.is_empty()) {
            match decode(part) {
                Some(part) => parts.push(part),
                None => return complain("a percent sign begins two hexadecimal digits of UTF-8"),
            }
        }
        let Some(name) = parts.pop() else { return complain("it has no name") };
        let Ok(version) = version.map(|version| decode(version).ok_or(())).transpose() else {
            return complain("its version is not percent-encoded UTF-8");
        };
        if version.as_deref() == Some("") {
            return complain("there is nothing after the at sign");
        }
        let mut pairs: Vec<(String, String)> = Vec::new();
        for pair in qualifiers.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let Some((key, value)) = pair.split_once('=') else {
                return complain("a qualifier is key=value");
            };
            let is_key = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
                && key.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
            if !is_key || pairs.iter().any(|(known, _)| known.eq_ignore_ascii_case(key)) {
                return complain("the key of a qualifier stands once, in letters, digits, dots and hyphens");
            }
            let Some(value) = decode(value) else {
                return complain("a qualifier is not percent-encoded UTF-8");
            };
            if !value.is_empty() {
                pairs.push((key.to_ascii_lowercase(), value));
            }
        }
        let kind = kind.to_ascii_lowercase();
        let namespace = (!parts.is_empty()).then(|| parts.join("/"));
        if kind == "maven" && namespace.is_none() {
            return complain("a Maven package has a group before its name");
        }
        let subpath = subpath.and_then(decode).filter(|subpath| !subpath.is_empty());
        // What was encoded stands decoded in mails, pages and documents.
        let values = pairs.iter().map(|(_, value)| value);
        let hidden = |part: &String| part.contains(|letter| letter == '\t' || is_harmful(letter));
        if namespace.iter().chain([&name]).chain(&version).chain(values).chain(&subpath).any(hidden) {
            return complain("a letter that nobody sees, or that ends a line, is percent-encoded in it");
        }
        Ok(Purl { kind, namespace, name, version, qualifiers: pairs, subpath })
    }

    /// The ecosystem of its type, if the formats have words for it.
    pub fn ecosystem(&self) -> Option<&'static Ecosystem> {
        ECOSYSTEMS.iter().find(|ecosystem| ecosystem.kind == self.kind)
    }

    /// How the versions of its packages are ordered.
    pub fn scheme(&self) -> Scheme {
        self.ecosystem().map_or(Scheme::Dotted, |ecosystem| ecosystem.scheme)
    }

    /// The name as people of its ecosystem write it: `group:artifact`.
    pub fn full_name(&self) -> String {
        let joint = self.ecosystem().map_or("/", |ecosystem| ecosystem.joint);
        match &self.namespace {
            Some(namespace) => format!("{namespace}{joint}{}", self.name),
            None => self.name.clone(),
        }
    }

    /// The same package at a version.
    pub fn at(&self, version: &str) -> Purl {
        Purl { version: Some(version.to_owned()), ..self.clone() }
    }

    /// The package of an ecosystem by the name that its people write.
    pub fn of(ecosystem: &Ecosystem, full_name: &str) -> Purl {
        let (namespace, name) = match full_name.rsplit_once(ecosystem.joint) {
            Some((namespace, name)) => (Some(namespace.to_owned()), name.to_owned()),
            None => (None, full_name.to_owned()),
        };
        let kind = ecosystem.kind.to_owned();
        Purl { kind, namespace, name, version: None, qualifiers: Vec::new(), subpath: None }
    }
}

impl fmt::Display for Purl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pkg:{}/", self.kind)?;
        if let Some(namespace) = &self.namespace {
            for part in namespace.split('/') {
                write!(f, "{}/", encode(part))?;
            }
        }
        f.write_str(&encode(&self.name))?;
        if let Some(version) = &self.version {
            write!(f, "@{}", encode(version))?;
        }
        for (place, (key, value)) in self.qualifiers.iter().enumerate() {
            write!(f, "{}{key}={}", if place == 0 { '?' } else { '&' }, encode(value))?;
        }
        if let Some(subpath) = &self.subpath {
            let parts: Vec<String> = subpath.split('/').map(encode).collect();
            write!(f, "#{}", parts.join("/"))?;
        }
        Ok(())
    }
}

/// Percent-decodes a part, which has to be UTF-8 then.
pub fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok())?;
            if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return None;
            }
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

/// Percent-encodes a part as the purl specification does; colons stay.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b".-_~:".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_again() {
        for text in [
            "pkg:golang/go.opentelemetry.io/collector/config/confighttp",
            "pkg:npm/%40angular/animation@12.3.1",
            "pkg:maven/org.apache.xmlgraphics/batik-anim@1.9.1?classifier=sources",
            "pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=jessie",
            "pkg:golang/google.golang.org/genproto#googleapis/api/annotations",
            "pkg:pypi/a@1%2Blocal",
        ] {
            assert_eq!(Purl::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_package_url_is_refused() {
        for text in [
            "",
            "pkg:",
            "pkg:npm",
            "pkg:npm/",
            "npm/x",
            "pkg:1x/y",
            "pkg:npm/a%2",
            "pkg:npm/a@",
            "pkg:maven/batik",
            "pkg:npm/a?b",
            "pkg:npm/a%0Ab",
            "pkg:npm/a%09b",
            "pkg:npm/%E2%80%AE/a",
            "pkg:npm/a@1%00",
            "pkg:npm/a?k=%1B",
            "pkg:npm/a#%EF%BF%BE",
        ] {
            assert!(Purl::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ecosystems_have_names_of_their_own() {
        let purl = Purl::parse("pkg:maven/org.apache.logging.log4j/log4j-core").unwrap();
        assert_eq!(purl.full_name(), "org.apache.logging.log4j:log4j-core");
        let ecosystem = purl.ecosystem().unwrap();
        assert_eq!(Purl::of(ecosystem, &purl.full_name()), purl);
    }
}
