//! What a desk gives its witnesses, and how: a file that is added to, and a
//! letter to another installation that keeps heads.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use fixlead_core::time::Instant;
use serde::{Deserialize, Serialize};

use super::SignedHead;
use crate::error::{Error, Result};
use crate::hex;
use crate::seal::Secret;
use crate::store::Store;

/// How much of the end of a witness's file is read to find its last line, in
/// bytes; a line has about 420.
const TAIL: u64 = 16 * 1024;

/// A witness's file that heads are added to.
#[derive(Clone, Debug)]
pub struct WitnessFile(PathBuf);

impl WitnessFile {
    /// The file at a path, whether or not it is there yet.
    pub fn new(path: &Path) -> Self {
        WitnessFile(path.to_owned())
    }

    /// The last head that it holds whole; nothing when there is no file or none
    /// in it. The directory has to be there: a file on a disk that is away is
    /// not an empty file.
    pub fn last(&self) -> Result<Option<SignedHead>> {
        let path = &self.0;
        match File::open(path) {
            Ok(mut file) => Ok(self.tail(&mut file)?.1),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let above = path.parent().filter(|above| !above.as_os_str().is_empty());
                if above.is_none_or(Path::is_dir) { Ok(None) } else { Err(Error::file(path, error)) }
            }
            Err(error) => Err(Error::file(path, error)),
        }
    }

    /// Adds heads, and waits until they are on the disk. Those that it holds
    /// already, because another node was here, are left out, and a last line
    /// that was not finished is taken away.
    pub fn add(&self, heads: &[SignedHead]) -> Result<()> {
        let path = &self.0;
        let fail = |error| Error::file(path, error);
        let mut options = OpenOptions::new();
        let mut file =
            options.create(true).truncate(false).read(true).write(true).open(path).map_err(fail)?;
        file.try_lock().map_err(|_| Error::file(path, "another node writes to it; this is tried again"))?;
        let (whole, last) = self.tail(&mut file)?;
        if file.metadata().map_err(fail)?.len() != whole {
            file.set_len(whole).map_err(fail)?;
        }
        let mut lines = Vec::new();
        for head in heads.iter().filter(|head| last.as_ref().is_none_or(|last| last.number < head.number)) {
            serde_json::to_writer(&mut lines, head).map_err(|error| Error::file(path, error))?;
            lines.push(b'\n');
        }
        file.seek(SeekFrom::Start(whole)).map_err(fail)?;
        file.write_all(&lines).and_then(|()| file.sync_all()).map_err(fail)?;
        crate::files::sync_name(path)
    }

    /// How long it is without a last line that was not finished, and the last
    /// head before that.
    fn tail(&self, file: &mut File) -> Result<(u64, Option<SignedHead>)> {
        let fail = |error| Error::file(&self.0, error);
        let length = file.metadata().map_err(fail)?.len();
        let from = length.saturating_sub(TAIL);
        let mut tail = Vec::new();
        file.seek(SeekFrom::Start(from)).map_err(fail)?;
        file.take(TAIL).read_to_end(&mut tail).map_err(fail)?;
        let strange =
            || Error::file(&self.0, "its end is no signed head; move it away, and another one is begun");
        let Some(end) = tail.iter().rposition(|byte| *byte == b'\n') else {
            // Nothing but a line that was not finished, unless it is too long for one.
            return if from == 0 { Ok((0, None)) } else { Err(strange()) };
        };
        let begin = tail[..end].iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
        let head = serde_json::from_slice(&tail[begin..end]).map_err(|_| strange())?;
        Ok((from + end as u64 + 1, Some(head)))
    }
}

/// A letter to an installation that keeps heads: from whom, to whom, when, and
/// the heads. Its signature shows that the sender holds the key of the log, so
/// that a head alone, which others have too, tells nobody what is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sending {
    /// The sender's random id, in hexadecimal like all bytes here.
    #[serde(with = "hex")]
    pub installation: [u8; 16],
    /// The public key of the sender's log.
    #[serde(with = "hex")]
    pub key: [u8; 32],
    /// The public URL of whom it is for.
    pub to: String,
    /// When it was signed, in milliseconds since 1970.
    pub at: i64,
    /// The heads, in the order of their numbers; none to ask what is kept.
    pub heads: Vec<SignedHead>,
    /// The number of a kept head that the sender's log does not know. The heads
    /// are then what it has instead, and evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disputes: Option<u64>,
    /// Ed25519 over all but the heads, which are signed themselves.
    #[serde(with = "hex")]
    pub signature: [u8; 64],
}

/// What is signed.
fn message(installation: &[u8; 16], to: &str, at: i64, disputes: Option<u64>) -> Vec<u8> {
    let mut message = b"fixlead witness 1\0".to_vec();
    message.extend_from_slice(installation);
    message.extend_from_slice(&at.to_be_bytes());
    message.extend_from_slice(&disputes.unwrap_or(0).to_be_bytes());
    message.extend_from_slice(to.as_bytes());
    message
}

impl Sending {
    fn sign(
        key: &Secret,
        installation: [u8; 16],
        to: &str,
        at: Instant,
        heads: Vec<SignedHead>,
        disputes: Option<u64>,
    ) -> Self {
        let key = SigningKey::from_bytes(key.expose());
        let at = at.millis();
        let signature = key.sign(&message(&installation, to, at, disputes)).to_bytes();
        Sending {
            installation,
            key: key.verifying_key().to_bytes(),
            to: to.to_owned(),
            at,
            heads,
            disputes,
            signature,
        }
    }

    /// Whether it was signed with the key that it names. Whether that is the
    /// sender's is for whoever knows the sender.
    pub fn is_signed(&self) -> bool {
        let Ok(key) = VerifyingKey::from_bytes(&self.key) else { return false };
        let message = message(&self.installation, &self.to, self.at, self.disputes);
        key.verify_strict(&message, &Signature::from_bytes(&self.signature)).is_ok()
    }
}

impl Store {
    /// Signs a letter with heads to another installation.
    pub fn sending(&self, to: &str, heads: Vec<SignedHead>) -> Sending {
        self.letter(to, heads, None)
    }

    /// Signs a letter that says that this log does not know a head which is
    /// kept of it, and what it has instead.
    pub fn dispute(&self, to: &str, number: u64, instead: SignedHead) -> Sending {
        self.letter(to, vec![instead], Some(number))
    }

    fn letter(&self, to: &str, heads: Vec<SignedHead>, disputes: Option<u64>) -> Sending {
        let inner = &self.inner;
        Sending::sign(&inner.signing, inner.installation, to, inner.clock.now(), heads, disputes)
    }

    /// Signs the end of the chain, unless a head of it stands already. The head
    /// that was signed.
    pub async fn sign_new_head(&self) -> Result<Option<SignedHead>> {
        let head = self.head().await?;
        // The chain of an empty database has no entry that a head could be of.
        if head.number == 0 || !self.heads(head.number - 1, 1).await?.is_empty() {
            return Ok(None);
        }
        self.sign_head().await.map(Some)
    }

    /// Whether a head that a witness kept is one that this log has signed. If it
    /// is not, the log was rolled back or rewritten, or the witness belongs to
    /// another.
    pub async fn knows(&self, head: &SignedHead) -> Result<bool> {
        let own = match head.number.checked_sub(1) {
            Some(before) => self.heads(before, 1).await?,
            None => return Ok(false),
        };
        let same = |own: &SignedHead| {
            (own.installation, own.number, own.position, own.hash)
                == (head.installation, head.number, head.position, head.hash)
        };
        Ok(own.first().is_some_and(same))
    }
}
