//! The post of a rehearsal: real RFC 5322 messages, delivered into Maildirs on
//! disk. Nothing leaves the machine.

use std::fs;
use std::path::{Path, PathBuf};

use fixlead_core::time::Instant;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::date::Date;
use mail_builder::headers::raw::Raw;
use mail_builder::mime::MimePart;

use super::clock::{stamp, unix_seconds};
use super::wrap;

/// The widest line of a letter, so that it can be quoted twice in 80 columns.
const WIDTH: usize = 74;

/// A name with a mail address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// The name that is shown.
    pub name: String,
    /// The address.
    pub address: String,
}

/// How widely a letter may be passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrecy {
    /// Anyone may read it.
    Public,
    /// Only those it is sent to, until the release is public.
    Embargoed {
        /// The planned release, once there is one.
        until: Option<Instant>,
    },
    /// A part is public already; the rest is for those it is sent to, until
    /// the release.
    PartlyPublic {
        /// The first public appearance.
        since: Instant,
        /// The planned release, once there is one.
        until: Option<Instant>,
    },
}

/// A message as its writer thinks of it.
#[derive(Clone, Debug)]
pub struct Letter {
    /// A word for its kind; part of the message id.
    pub kind: &'static str,
    /// Who writes.
    pub from: Mailbox,
    /// Whom it is delivered to; one Maildir each.
    pub to: Vec<Mailbox>,
    /// The subject without marks.
    pub subject: String,
    /// The text.
    pub body: String,
    /// Names and texts of attachments.
    pub attachments: Vec<(String, String)>,
    /// How widely it may be passed on.
    pub secrecy: Secrecy,
    /// The message it answers.
    pub answers: Option<String>,
}

/// Writes letters into Maildirs.
#[derive(Debug)]
pub struct PostOffice {
    root: PathBuf,
    domain: String,
    label: String,
    written: usize,
    delivered: usize,
}

impl PostOffice {
    /// A post office that delivers under `root`. `label` names the rehearsal
    /// in message ids and headers.
    pub fn open(root: &Path, domain: &str, label: &str) -> Self {
        PostOffice {
            root: root.to_owned(),
            domain: domain.to_owned(),
            label: label.to_owned(),
            written: 0,
            delivered: 0,
        }
    }

    /// How many messages lie in the Maildirs.
    pub fn delivered(&self) -> usize {
        self.delivered
    }

    /// Sends a letter at an instant; returns its message id without brackets.
    pub fn send(&mut self, letter: &Letter, at: Instant) -> Result<String, String> {
        self.written += 1;
        let id = format!("{}.{}.{}@{}", self.label, self.written, letter.kind, self.domain);
        let bytes = self.compose(letter, &id, at)?;
        for recipient in &letter.to {
            self.deliver(&recipient.address, &bytes, at)?;
        }
        Ok(id)
    }

    fn compose(&self, letter: &Letter, id: &str, at: Instant) -> Result<Vec<u8>, String> {
        let to: Vec<_> = letter
            .to
            .iter()
            .map(|mailbox| Address::new_address(Some(mailbox.name.as_str()), mailbox.address.as_str()))
            .collect();
        let subject = match letter.secrecy {
            Secrecy::Public => format!("[DRILL] {}", letter.subject),
            Secrecy::Embargoed { .. } => format!("[DRILL] [EMBARGOED] {}", letter.subject),
            Secrecy::PartlyPublic { .. } => format!("[DRILL] [PARTLY PUBLIC] {}", letter.subject),
        };
        let (traffic_light, marking) = marking(letter.secrecy);
        let body = format!(
            "{marking}{}\n\n-- \nThis is a rehearsal ({}).\nThe project, the flaw and the people are made up.\n",
            wrap::letter(letter.body.trim_end(), WIDTH),
            self.label
        );
        let mut message = MessageBuilder::new()
            .message_id(id.to_owned())
            .date(Date::new(unix_seconds(at)))
            .from(Address::new_address(Some(letter.from.name.as_str()), letter.from.address.as_str()))
            .to(Address::new_list(to))
            .subject(subject)
            .header("X-Rehearsal", Raw::new(self.label.as_str()))
            .header("X-TLP", Raw::new(traffic_light));
        if let Secrecy::Embargoed { until } = letter.secrecy {
            let until = until.map_or_else(|| "the release, not yet scheduled".to_owned(), stamp);
            message = message.header("X-Embargo-Until", Raw::new(until));
        }
        if let Secrecy::PartlyPublic { since, .. } = letter.secrecy {
            message = message.header("X-Public-Since", Raw::new(stamp(since)));
        }
        if let Some(earlier) = &letter.answers {
            message = message.in_reply_to(earlier.as_str()).references(earlier.as_str());
        }
        // The library would draw a boundary at random; a rehearsal with the
        // same seed writes the same bytes.
        let text = MimePart::new("text/plain", body);
        let whole = if letter.attachments.is_empty() {
            text
        } else {
            let mut parts = vec![text];
            for (name, content) in &letter.attachments {
                parts.push(MimePart::new("text/x-patch", content.as_str()).attachment(name.as_str()));
            }
            let boundary = format!("=_{}_{}", self.label, self.written);
            MimePart::new(ContentType::new("multipart/mixed").attribute("boundary", boundary), parts)
        };
        message
            .body(whole)
            .write_to_vec()
            .map_err(|error| format!("cannot compose the message `{}`: {error}", letter.subject))
    }

    /// Writes into `tmp`, then moves to `new`, as Maildir asks.
    fn deliver(&mut self, address: &str, bytes: &[u8], at: Instant) -> Result<(), String> {
        self.delivered += 1;
        let maildir = self.root.join(address);
        for name in ["tmp", "new", "cur"] {
            let path = maildir.join(name);
            fs::create_dir_all(&path).map_err(|error| format!("cannot make {}: {error}", path.display()))?;
        }
        let name = format!("{}.Q{}.drill", unix_seconds(at), self.delivered);
        let unfinished = maildir.join("tmp").join(&name);
        let finished = maildir.join("new").join(&name);
        fs::write(&unfinished, bytes)
            .map_err(|error| format!("cannot write {}: {error}", unfinished.display()))?;
        fs::rename(&unfinished, &finished)
            .map_err(|error| format!("cannot move mail to {}: {error}", finished.display()))
    }
}

/// The traffic-light word and the line that opens an embargoed message.
fn marking(secrecy: Secrecy) -> (&'static str, String) {
    match secrecy {
        Secrecy::Public => ("CLEAR", String::new()),
        Secrecy::Embargoed { until } => {
            let until = until.map_or_else(|| "the release, which is not scheduled yet".to_owned(), stamp);
            let line = format!(
                "TLP:AMBER+STRICT - EMBARGOED until {until}.\nDo not pass this on beyond those who prepare the fix.\n\n"
            );
            ("AMBER+STRICT", line)
        }
        Secrecy::PartlyPublic { since, until } => {
            let until = until
                .map_or_else(|| "the release".to_owned(), |until| format!("the release, {}", stamp(until)));
            let line = format!(
                "TLP:AMBER - a part of this has been public since {}.\nUntil {until}, add nothing to that.\n\n",
                stamp(since)
            );
            ("AMBER", line)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter() -> Letter {
        let mailbox =
            |name: &str, address: &str| Mailbox { name: name.to_owned(), address: address.to_owned() };
        Letter {
            kind: "advance",
            from: mailbox("João Teixeira", "joao@project.example"),
            to: vec![mailbox("Harbour", "a@harbour.example"), mailbox("Meridian", "b@meridian.example")],
            subject: "Advance notice".to_owned(),
            body: "First line.\n\nSecond.\n".to_owned(),
            attachments: vec![("fix.patch".to_owned(), "--- a\n+++ b\n".to_owned())],
            secrecy: Secrecy::Embargoed { until: Some(Instant::parse("2027-06-14T16:00:00Z").unwrap()) },
            answers: Some("drill-x-1.1.report@project.example".to_owned()),
        }
    }

    #[test]
    fn a_message_is_well_formed_marked_and_the_same_each_time() {
        let office = PostOffice::open(Path::new("unused"), "project.example", "drill-x-1");
        let at = Instant::parse("2027-06-07T09:00:00Z").unwrap();
        let compose = || office.compose(&letter(), "id@project.example", at).unwrap();
        assert_eq!(compose(), compose());
        let text = String::from_utf8(compose()).unwrap();
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "a bare line end");
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("Message-ID: <id@project.example>"), "{head}");
        assert!(head.contains("Date: Mon, 7 Jun 2027 09:00:00 +0000"), "{head}");
        assert!(head.contains("X-TLP: AMBER+STRICT"), "{head}");
        assert!(head.contains("X-Embargo-Until: Mon 2027-06-14 16:00 UTC"), "{head}");
        assert!(head.is_ascii(), "{head}");
        assert!(body.contains("EMBARGOED until Mon 2027-06-14 16:00 UTC"), "{body}");
        assert!(body.contains("filename=\"fix.patch\""), "{body}");
    }
}
