//! What a form sends: fields, and files beside them. Bounded in size, number
//! and time, in UTF-8.

use std::collections::BTreeMap;

use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header::CONTENT_TYPE;
use fixlead_app::problem::Problem;
use fixlead_app::repeat::Repeat;

use super::trouble::Trouble;
use crate::api::Wire;
use crate::api::json;
use crate::api::problem::Refusal;
use crate::serve::world;

/// Most fields of a form.
const MOST_FIELDS: usize = 600;
/// Most files that come with one form.
const MOST_FILES: usize = 50;
/// Of so many times what is taken in a lenient form is read to its end.
const PATIENCE: u64 = 4;

/// A file that came with a form.
pub struct File {
    /// Its name, as the browser says.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What a form has sent.
#[derive(Default)]
pub struct Form {
    fields: BTreeMap<String, Vec<String>>,
    /// The files.
    pub files: Vec<File>,
    /// The names of files that were too much, where a form is read all the same.
    pub refused: Vec<String>,
}

/// A form of which everything that was typed counts, also when the files that
/// came with it are too many or too large: those are named, and not kept.
pub struct Lenient(pub Form);

impl Form {
    /// A field without the space around it; empty if it was not sent.
    pub fn text(&self, name: &str) -> &str {
        self.fields.get(name).and_then(|values| values.first()).map_or("", |value| value.trim())
    }

    /// A field as it was typed, for what is a secret.
    pub fn exact(&self, name: &str) -> &str {
        self.fields.get(name).and_then(|values| values.first()).map_or("", String::as_str)
    }

    /// A field, if something stands in it.
    pub fn some(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// Every value of a field.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.fields
            .get(name)
            .into_iter()
            .flatten()
            .map(|value| value.trim())
            .filter(|value| !value.is_empty())
    }

    /// Every field with every value it has.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields
            .iter()
            .flat_map(|(name, values)| values.iter().map(|value| (name.as_str(), value.as_str())))
    }

    /// Has a field say something that came another way, as from a file.
    pub fn put(&mut self, name: &str, value: String) {
        self.fields.insert(name.to_owned(), vec![value]);
    }

    /// The fields whose names begin so, with the rest of the name, where
    /// something stands in them.
    pub fn with_prefix<'f>(&'f self, prefix: &'f str) -> impl Iterator<Item = (&'f str, &'f str)> {
        let fields = self.fields.iter().filter_map(move |(name, values)| {
            Some((name.strip_prefix(prefix)?, values.first().map_or("", |value| value.trim())))
        });
        fields.filter(|(_, value)| !value.is_empty())
    }

    /// Whether a box is ticked.
    pub fn is_set(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }

    /// Adds a text to a field, on a line of its own.
    pub fn append(&mut self, name: &str, text: &str) {
        let mut whole = self.text(name).to_owned();
        if !whole.is_empty() {
            whole.push('\n');
        }
        whole.push_str(&text.replace("\r\n", "\n"));
        self.fields.insert(name.to_owned(), vec![whole]);
    }

    /// The fields whose names begin so, without that, each with its first value.
    pub fn starting(&self, prefix: &str) -> impl Iterator<Item = (&str, &str)> {
        let fields = self.fields.iter();
        fields.filter_map(move |(name, values)| Some((name.strip_prefix(prefix)?, values.first()?.trim())))
    }

    /// The key in the form, which makes sending it twice do it once.
    pub fn repeat(&self, address: &str) -> Result<Repeat, Trouble> {
        let mut content = address.as_bytes().to_vec();
        for (name, values) in &self.fields {
            for value in values {
                for part in [name, value] {
                    content.extend((part.len() as u64).to_be_bytes());
                    content.extend(part.as_bytes());
                }
            }
        }
        for file in &self.files {
            content.extend((file.bytes.len() as u64).to_be_bytes());
            content.extend(&file.bytes);
        }
        let key = self.some("once").ok_or_else(|| {
            Problem::invalid("", "this form is not whole; go back, load the page again and send it once more")
        })?;
        Ok(Repeat::new(key, &content)?)
    }

    /// Refuses what holds a secret of this desk where none belongs.
    async fn without_secrets(self, wire: &Wire, path: &str) -> Result<Form, Trouble> {
        // The two fields that are there for one.
        let own = match path {
            "/status" => "receipt",
            "/setup" | "/invitation" => "link",
            path if path.starts_with("/sign-in/") => "link",
            _ => "",
        };
        for (name, values) in &self.fields {
            if name == own {
                continue;
            }
            for value in values {
                wire.desk.refuse_pasted(value).await?;
            }
        }
        for file in &self.files {
            wire.desk.refuse_pasted(&file.name).await?;
        }
        Ok(self)
    }

    fn add(&mut self, name: String, value: String) -> Result<(), Trouble> {
        if self.fields.values().map(Vec::len).sum::<usize>() >= MOST_FIELDS {
            return Err(Problem::TooLarge { what: "a form", most: MOST_FIELDS as u64 }.into());
        }
        // Browsers send what people type with the line ends of another age.
        self.fields.entry(name).or_default().push(value.replace("\r\n", "\n"));
        Ok(())
    }
}

/// A new key for a form.
pub fn once() -> String {
    world::random_id().to_string()
}

impl FromRequest<Wire> for Form {
    type Rejection = Trouble;

    async fn from_request(request: Request, wire: &Wire) -> Result<Self, Trouble> {
        Form::read(request, wire, false).await
    }
}

impl FromRequest<Wire> for Lenient {
    type Rejection = Trouble;

    async fn from_request(request: Request, wire: &Wire) -> Result<Self, Trouble> {
        Form::read(request, wire, true).await.map(Lenient)
    }
}

impl Form {
    async fn read(request: Request, wire: &Wire, lenient: bool) -> Result<Self, Trouble> {
        let kind =
            request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.to_ascii_lowercase();
        let path = request.uri().path().to_owned();
        if kind.starts_with("multipart/form-data") {
            let time = wire.limits.body_time;
            let read = tokio::time::timeout(time, parts(request, wire, lenient)).await;
            return read.map_err(|_| Refusal::TooSlow)??.without_secrets(wire, &path).await;
        }
        if !kind.starts_with("application/x-www-form-urlencoded") {
            return Err(Refusal::UnsupportedMediaType.into());
        }
        let bytes = json::bytes(request, wire.limits.body, wire.limits.body_time).await?;
        Form::of_fields(&bytes)?.without_secrets(wire, &path).await
    }

    /// Reads a form without files.
    pub(crate) fn of_fields(bytes: &[u8]) -> Result<Self, Trouble> {
        let text = std::str::from_utf8(bytes).map_err(|_| not_text())?;
        let mut form = Form::default();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            form.add(unescaped(name)?, unescaped(value)?)?;
        }
        Ok(form)
    }

    /// All the bytes of its names and fields.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn size(&self) -> usize {
        let of = |values: &Vec<String>| values.iter().map(String::len).sum::<usize>();
        self.fields.iter().map(|(name, values)| name.len() + of(values)).sum()
    }
}

fn not_text() -> Trouble {
    Problem::invalid("", "this form is not in UTF-8; load the page again and send it once more").into()
}

/// A name or value of a form, as the URL standard encodes them.
fn unescaped(text: &str) -> Result<String, Trouble> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
                let (Some(high), Some(low)) = (digit(rest.next()), digit(rest.next())) else {
                    return Err(not_text());
                };
                bytes.push((high * 16 + low) as u8);
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).map_err(|_| not_text())
}

/// A form with files. What stands in it together is bounded like one file.
async fn parts(request: Request, wire: &Wire, lenient: bool) -> Result<Form, Trouble> {
    let most = wire.limits.attachment;
    let too_large = || Trouble::from(Problem::TooLarge { what: "a form with its files", most });
    let broken = |_| Trouble::from(Problem::invalid("", "this form did not arrive whole; send it again"));
    let mut multipart =
        Multipart::from_request(request, wire).await.map_err(|_| Refusal::UnsupportedMediaType)?;
    let (mut form, mut kept, mut read) = (Form::default(), 0_u64, 0_u64);
    while let Some(mut field) = multipart.next_field().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        let file = field.file_name().map(str::to_owned);
        let mut bytes = Vec::new();
        let mut too_much = file.is_some() && lenient && form.files.len() == MOST_FILES;
        while let Some(chunk) = field.chunk().await.map_err(broken)? {
            read += chunk.len() as u64;
            too_much |= file.is_some() && lenient && kept + bytes.len() as u64 + chunk.len() as u64 > most;
            if (kept + bytes.len() as u64 + chunk.len() as u64 > most && !too_much) || read > PATIENCE * most
            {
                return Err(too_large());
            }
            if too_much {
                bytes = Vec::new();
            } else {
                bytes.extend_from_slice(&chunk);
            }
        }
        kept += bytes.len() as u64;
        match file {
            Some(name) if too_much => {
                form.refused.extend(Some(name).filter(|_| form.refused.len() < MOST_FILES));
            }
            // An empty field for files is sent as a file without a name.
            Some(name) if name.is_empty() && bytes.is_empty() => {}
            Some(name) => {
                if form.files.len() == MOST_FILES {
                    return Err(
                        Problem::TooLarge { what: "the number of files", most: MOST_FILES as u64 }.into()
                    );
                }
                form.files.push(File { name, bytes });
            }
            None => form.add(name, String::from_utf8(bytes).map_err(|_| not_text())?)?,
        }
    }
    Ok(form)
}
