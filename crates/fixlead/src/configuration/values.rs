//! What the value of a key can be: each type reads itself from TOML, and says
//! what it is to people and in the JSON Schema.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use fixlead_core::case::nearest;
use fixlead_core::desk::wire::{Line, MOST_LINE};
use fixlead_core::id::ProjectId;
use fixlead_core::text::short;
use fixlead_core::time::Span;
use fixlead_git::Source;
use serde_json::{Value, json};
use toml::de::DeValue;

/// Longest list in a configuration.
const MOST_ITEMS: usize = 100;

/// A type that a key can have.
pub trait Setting: Sized {
    /// What it is, for people.
    fn kind() -> String;
    /// What it is, as a JSON Schema.
    fn schema() -> Value;
    /// Reads it. Paths are meant from `base`.
    ///
    /// # Errors
    /// What was expected.
    fn read(value: &DeValue<'_>, base: &Path) -> Result<Self, String>;
    /// What it is set to, as people read it. A type that could hold a secret leaves it
    /// at this.
    fn told(&self) -> String {
        "set".to_owned()
    }
    /// What it is when nothing is set and there is no default.
    fn absent() -> Option<Self> {
        None
    }
}

/// What a value is, for messages.
fn describe(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "a flag",
        DeValue::Datetime(_) => "an instant",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn expected<T>(what: &str, value: &DeValue<'_>) -> Result<T, String> {
    Err(format!("expected {what}, found {}", describe(value)))
}

fn text<'a>(value: &'a DeValue<'_>, what: &str) -> Result<&'a str, String> {
    match value {
        DeValue::String(text) => Ok(text),
        other => expected(what, other),
    }
}

impl Setting for SocketAddr {
    fn kind() -> String {
        "address and port".to_owned()
    }
    fn schema() -> Value {
        json!({ "type": "string", "examples": ["127.0.0.1:8470", "[::1]:8470"] })
    }
    fn told(&self) -> String {
        self.to_string()
    }
    fn read(value: &DeValue<'_>, _: &Path) -> Result<Self, String> {
        let text = text(value, "an address and a port")?;
        text.parse().map_err(|_| {
            format!("`{}` is no address and port; write one like 127.0.0.1:8470", short(text, 40))
        })
    }
}

impl Setting for PathBuf {
    fn kind() -> String {
        "path".to_owned()
    }
    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1 })
    }
    fn told(&self) -> String {
        self.display().to_string()
    }
    fn read(value: &DeValue<'_>, base: &Path) -> Result<Self, String> {
        match text(value, "a path")? {
            "" => Err("the path is empty; name a file or directory, or take the key out".to_owned()),
            text if text.contains('\0') => Err("a path holds no zero bytes".to_owned()),
            text => Ok(base.join(text)),
        }
    }
}

impl<T: Setting> Setting for Option<T> {
    fn kind() -> String {
        T::kind()
    }
    fn schema() -> Value {
        T::schema()
    }
    fn told(&self) -> String {
        self.as_ref().map_or_else(|| "not set".to_owned(), T::told)
    }
    fn read(value: &DeValue<'_>, base: &Path) -> Result<Self, String> {
        T::read(value, base).map(Some)
    }
    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Setting> Setting for Vec<T> {
    fn kind() -> String {
        format!("list of: {}", T::kind())
    }
    fn schema() -> Value {
        json!({ "type": "array", "items": T::schema(), "maxItems": MOST_ITEMS })
    }
    fn told(&self) -> String {
        match self.as_slice() {
            [] => "none".to_owned(),
            items => items.iter().map(T::told).collect::<Vec<_>>().join(", "),
        }
    }
    fn read(value: &DeValue<'_>, base: &Path) -> Result<Self, String> {
        let DeValue::Array(items) = value else { return expected("a list", value) };
        if items.len() > MOST_ITEMS {
            return Err(format!("{} items, at most {MOST_ITEMS} are read", items.len()));
        }
        items.iter().map(|item| T::read(item.get_ref(), base)).collect()
    }
}

/// A whole number between two bounds, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count<const LEAST: u64, const MOST: u64>(pub u64);

impl<const LEAST: u64, const MOST: u64> Setting for Count<LEAST, MOST> {
    fn kind() -> String {
        format!("whole number, {LEAST} to {MOST}")
    }
    fn schema() -> Value {
        json!({ "type": "integer", "minimum": LEAST, "maximum": MOST })
    }
    fn told(&self) -> String {
        self.0.to_string()
    }
    fn read(value: &DeValue<'_>, _: &Path) -> Result<Self, String> {
        let DeValue::Integer(integer) = value else {
            return expected(&format!("a whole number from {LEAST} to {MOST}"), value);
        };
        u64::from_str_radix(integer.as_str(), integer.radix())
            .ok()
            .filter(|number| (LEAST..=MOST).contains(number))
            .map(Count)
            .ok_or_else(|| format!("the number is out of its range; write one from {LEAST} to {MOST}"))
    }
}

/// A span between two bounds in seconds, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length<const LEAST: i64, const MOST: i64>(pub Span);

impl<const LEAST: i64, const MOST: i64> Length<LEAST, MOST> {
    fn bounds() -> (Span, Span) {
        (Span::from_millis(LEAST * 1_000), Span::from_millis(MOST * 1_000))
    }

    /// As the standard library has it.
    pub fn duration(self) -> std::time::Duration {
        std::time::Duration::from_millis(self.0.millis().unsigned_abs())
    }
}

impl<const LEAST: i64, const MOST: i64> Setting for Length<LEAST, MOST> {
    fn kind() -> String {
        let (least, most) = Self::bounds();
        format!("span, {least} to {most}")
    }
    fn schema() -> Value {
        json!({ "type": "string", "format": "duration" })
    }
    fn told(&self) -> String {
        self.0.to_string()
    }
    fn read(value: &DeValue<'_>, _: &Path) -> Result<Self, String> {
        let (least, most) = Self::bounds();
        let span = Span::parse(text(value, "a span like PT30S or P7D")?)?;
        if span < least || most < span {
            return Err(format!("the span {span} is out of its range; write one from {least} to {most}"));
        }
        Ok(Length(span))
    }
}

/// The beginning of every address of a desk: scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    text: String,
    host: String,
}

impl Origin {
    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{}` is no address of a server; write scheme, host and perhaps a port, like \
                 https://desk.example.org, without a path",
                short(text.split('@').next_back().unwrap_or_default(), 60)
            )
        };
        let trimmed = text.strip_suffix('/').unwrap_or(text);
        let uri: axum::http::Uri = trimmed.parse().map_err(|_| wrong())?;
        let scheme = uri.scheme_str().unwrap_or_default();
        let authority = uri.authority().ok_or_else(wrong)?.as_str();
        let plain = matches!(scheme, "http" | "https")
            && matches!(uri.path(), "" | "/")
            && uri.query().is_none()
            && !authority.contains('@')
            && trimmed.len() == scheme.len() + "://".len() + authority.len();
        if !plain || uri.host().is_none_or(str::is_empty) {
            return Err(wrong());
        }
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_ascii_lowercase();
        Ok(Origin { text: format!("{scheme}://{}", authority.to_ascii_lowercase()), host })
    }

    /// How a desk is reached that only says where it listens.
    pub fn of_address(address: SocketAddr) -> Self {
        // Nobody reaches "every address of this machine" under that name.
        let ip = match address.ip() {
            ip if !ip.is_unspecified() => ip,
            IpAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        };
        let address = SocketAddr::new(ip, address.port());
        Origin { text: format!("http://{address}"), host: ip.to_string() }
    }

    /// Its text, without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether what is sent there is encrypted on its way.
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https://")
    }

    /// Whether it never leaves the machine.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

impl Setting for Origin {
    fn kind() -> String {
        "URL without a path".to_owned()
    }
    fn schema() -> Value {
        json!({ "type": "string", "format": "uri", "pattern": "^https?://[^/@]+/?$" })
    }
    fn told(&self) -> String {
        self.text.clone()
    }
    fn read(value: &DeValue<'_>, _: &Path) -> Result<Self, String> {
        Origin::parse(text(value, "a URL")?)
    }
}

/// An installation whose signed heads are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known(pub fixlead_app::witness::Known);

impl Known {
    /// As it is written: id and public key in hexadecimal.
    pub fn written(known: &fixlead_app::witness::Known) -> String {
        use fixlead_core::text::hex;
        format!("{}:{}", hex(&known.installation), hex(&known.key))
    }

    fn parse(text: &str) -> Option<Self> {
        let (installation, key) = text.split_once(':')?;
        Some(Known(fixlead_app::witness::Known { installation: bytes(installation)?, key: bytes(key)? }))
    }
}

/// Bytes out of hexadecimal.
pub fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits.filter(|digits| digits.len() == 2 * N)?;
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = pair[0] << 4 | pair[1];
    }
    Some(bytes)
}

impl Setting for Known {
    fn kind() -> String {
        "installation and key".to_owned()
    }
    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^[0-9a-fA-F]{32}:[0-9a-fA-F]{64}$" })
    }
    fn told(&self) -> String {
        Known::written(&self.0)
    }
    fn read(value: &DeValue<'_>, _: &Path) -> Result<Self, String> {
        let text = text(value, "an installation and its key")?;
        Self::parse(text).ok_or_else(|| {
            let text = short(text, 40);
            format!("`{text}` is no installation with its key; copy what `fixlead key show` prints there")
        })
    }
}

/// A project and a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// The project.
    pub project: ProjectId,
    /// The repository.
    pub source: Source,
}

impl Setting for Upstream {
    fn kind() -> String {
        "project and repository".to_owned()
    }
    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^[0-9a-z]{26}=.+$" })
    }
    fn told(&self) -> String {
        format!("{}={}", self.project, self.source.name())
    }
    fn read(value: &DeValue<'_>, base: &Path) -> Result<Self, String> {
        let text = text(value, "a project and a repository")?;
        let (project, source) = text.split_once('=').ok_or_else(|| {
            format!("`{}` names no repository; write PROJECT=/path/to/repository.git", short(text, 60))
        })?;
        let project = ProjectId::parse(project.trim()).map_err(|_| {
            format!("`{}` is no id of a project; copy it from the address of its page", short(project, 60))
        })?;
        let source = match Source::parse(source.trim())? {
            Source::Path(path) => Source::Path(base.join(path)),
            other => other,
        };
        Ok(Upstream { project, source })
    }
}

/// One plain line for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence(pub String);

impl Setting for Sentence {
    fn kind() -> String {
        "one line of text".to_owned()
    }
    fn schema() -> Value {
        json!({ "type": "string", "minLength": 1, "maxLength": MOST_LINE })
    }
    fn told(&self) -> String {
        self.0.clone()
    }
    fn read(value: &DeValue<'_>, _: &Path) -> Result<Self, String> {
        let line = Line::new(text(value, "a text")?).map_err(str::to_owned)?;
        Ok(Sentence(line.to_string()))
    }
}

/// How a team is reached, as RFC 9116 writes it (section 2.5.3): a URI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact(pub String);

impl Setting for Contact {
    fn kind() -> String {
        "URI that begins with `https://`, `mailto:` or `tel:`".to_owned()
    }
    fn schema() -> Value {
        json!({ "type": "string", "format": "uri", "pattern": "^(https://|mailto:|tel:)[!-~]+$" })
    }
    fn read(value: &DeValue<'_>, _: &Path) -> Result<Self, String> {
        let text = text(value, "a URI")?;
        let rest = ["https://", "mailto:", "tel:"].into_iter().find_map(|scheme| text.strip_prefix(scheme));
        match rest {
            Some(rest) if !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic()) => {
                Ok(Contact(text.to_owned()))
            }
            _ => Err(format!(
                "`{}` is no contact; write a URI like mailto:security@example.org, \
                 https://example.org/security or tel:+1-201-555-0123",
                short(text, 60)
            )),
        }
    }
}

/// A language by its tag (RFC 5646), such as `en` or `pt-BR`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Language(pub String);

impl Setting for Language {
    fn kind() -> String {
        "language tag".to_owned()
    }
    fn schema() -> Value {
        json!({ "type": "string", "pattern": "^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$" })
    }
    fn read(value: &DeValue<'_>, _: &Path) -> Result<Self, String> {
        let text = text(value, "a language tag")?;
        let mut parts = text.split('-');
        let first = parts.next().unwrap_or_default();
        let is_tag = matches!(first.len(), 2 | 3)
            && first.bytes().all(|byte| byte.is_ascii_alphabetic())
            && parts.all(|part| {
                (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
            });
        if is_tag {
            return Ok(Language(text.to_owned()));
        }
        Err(format!("`{}` is no tag of a language; write one like en or pt-BR", short(text, 40)))
    }
}

/// Addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Reads `10.0.0.0/8`, or a single address.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{}` is no network; write one like 10.0.0.0/8 or ::1", short(text, 60));
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(most), |bits| bits.parse().map_err(|_| wrong()))?;
        if bits > most {
            return Err(wrong());
        }
        Ok(Network { address, bits })
    }

    /// Whether an address belongs to it.
    pub fn contains(self, address: IpAddr) -> bool {
        let bits = u32::from(self.bits);
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (u32::from(own) ^ u32::from(other)).leading_zeros() >= bits
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (u128::from(own) ^ u128::from(other)).leading_zeros() >= bits
            }
            _ => false,
        }
    }
}

impl Setting for Network {
    fn kind() -> String {
        "network".to_owned()
    }
    fn schema() -> Value {
        json!({ "type": "string", "examples": ["10.0.0.0/8", "::1"] })
    }
    fn told(&self) -> String {
        format!("{}/{}", self.address, self.bits)
    }
    fn read(value: &DeValue<'_>, _: &Path) -> Result<Self, String> {
        Network::parse(text(value, "a network")?)
    }
}

/// A provider of sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its name in addresses of the desk.
    pub id: String,
    /// What people read.
    pub name: String,
    /// Its issuer.
    pub issuer: String,
    /// What the desk is called there.
    pub client: String,
    /// The file with the secret that it gave the desk.
    pub secret_file: Option<PathBuf>,
}

impl Setting for Provider {
    fn kind() -> String {
        "provider".to_owned()
    }
    fn schema() -> Value {
        let text = json!({ "type": "string", "minLength": 1, "maxLength": 300 });
        json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["id", "name", "issuer", "client-id"],
            "properties": {
                "id": { "type": "string", "pattern": "^[a-z0-9-]{1,32}$" },
                "name": text, "client-id": text, "client-secret-file": text,
                "issuer": { "type": "string", "format": "uri", "pattern": "^https?://[^?#]+$" },
            },
        })
    }
    fn read(value: &DeValue<'_>, base: &Path) -> Result<Self, String> {
        let DeValue::Table(table) = value else { return expected("a table of a provider", value) };
        const NAMES: [&str; 5] = ["id", "name", "issuer", "client-id", "client-secret-file"];
        for name in table.keys() {
            if !NAMES.contains(&name.get_ref().as_ref()) {
                let name = short(name.get_ref(), 40);
                return Err(format!("`{name}` is no key of a provider; they are {}", NAMES.join(", ")));
            }
        }
        let field = |name: &str| match table.get(name) {
            Some(value) => text(value.get_ref(), "a text").map(Some),
            None => Ok(None),
        };
        let needed = |name: &str| {
            let found = field(name)?.map(str::trim).filter(|text| !text.is_empty() && text.len() <= 300);
            found
                .map(str::to_owned)
                .ok_or_else(|| format!("a provider needs `{name}`, in 1 to 300 characters"))
        };
        let provider = Provider {
            id: needed("id")?,
            name: needed("name")?,
            issuer: needed("issuer")?,
            client: needed("client-id")?,
            secret_file: table
                .get("client-secret-file")
                .map(|value| PathBuf::read(value.get_ref(), base))
                .transpose()?,
        };
        let plain = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-';
        if provider.id.len() > 32 || !provider.id.bytes().all(plain) {
            return Err("the `id` of a provider is up to 32 small letters, digits and hyphens".to_owned());
        }
        let address = fixlead_app::webhooks::address::Address::parse(&provider.issuer);
        if address.is_err() || provider.issuer.contains('?') {
            return Err("the `issuer` of a provider is an address like https://login.example.org".to_owned());
        }
        Ok(provider)
    }
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $word:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$about])* $variant,)+ }

        impl Setting for $name {
            fn kind() -> String {
                [$(concat!("`", $word, "`")),+].join(", ")
            }
            fn schema() -> Value {
                json!({ "enum": [$($word),+] })
            }
            fn told(&self) -> String {
                match self {
                    $($name::$variant => $word.to_owned(),)+
                }
            }
            fn read(value: &DeValue<'_>, _: &Path) -> Result<Self, String> {
                match text(value, &format!("one of {}", Self::kind()))? {
                    $($word => Ok($name::$variant),)+
                    other => Err(format!(
                        "`{}` is none of {}{}",
                        short(other, 40),
                        Self::kind(),
                        nearest(other, [$($word),+].into_iter())
                    )),
                }
            }
        }
    )+};
}

words! {
    /// What log lines look like.
    LogFormat {
        /// A line for people.
        Text = "text",
        /// One JSON object a line.
        Json = "json",
    }
    /// How much is logged.
    LogLevel {
        /// What broke.
        Error = "error",
        /// And what should be looked at.
        Warn = "warn",
        /// And what happened.
        Info = "info",
        /// And every connection.
        Debug = "debug",
    }
}
