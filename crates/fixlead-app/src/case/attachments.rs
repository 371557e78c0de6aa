//! Files in the rooms of a case.
//!
//! The desk keeps their bytes sealed and never looks into them. A download is a
//! read like any other, and recorded like one.

use fixlead_core::access::Action;
use fixlead_core::desk::command::Command;
use fixlead_core::desk::event::Room;
use fixlead_core::desk::wire::{Line, Sha256};
use fixlead_core::id::{BlobId, CaseId};
use fixlead_core::text::hex;
use fixlead_store::{Blob, NewBlob};
use sha2::Digest;

use super::act::{Act, Acted};
use crate::accounts::Caller;
use crate::desk::Desk;
use crate::problem::{Problem, Result};
use crate::repeat::Repeat;

/// The largest file, in bytes.
pub const MOST_FILE: usize = 25 << 20;

/// A file that somebody may download.
pub struct Download {
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its bytes, part by part.
    pub bytes: Blob,
    room: Room,
}

const fn download(room: Room) -> Action {
    match room {
        Room::Internal => Action::InternalDownload,
        Room::Reporter => Action::ReporterDownload,
        Room::Guest => Action::GuestDownload,
    }
}

impl Desk {
    /// Puts a file into a room.
    pub async fn attach(
        &self,
        caller: &Caller,
        case: CaseId,
        room: Room,
        name: &str,
        bytes: Vec<u8>,
        repeat: Option<Repeat>,
    ) -> Result<Acted> {
        if bytes.len() > MOST_FILE {
            return Err(Problem::TooLarge { what: "a file", most: MOST_FILE as u64 });
        }
        let invalid = |message: &str| Problem::invalid("/name", message);
        let name = Line::new(name).map_err(invalid)?;
        let digest = sha2::Sha256::digest(&bytes);
        let sha256 = Sha256::new(&hex(&digest)).map_err(invalid)?;
        let blob = BlobId::from_bytes(self.draw());
        let command = Command::Attach { blob, room, name, size: bytes.len() as u64, sha256 };
        let act = Act { repeat, ..Act::new(command) };
        self.act_with(caller, case, act, vec![NewBlob { id: blob, bytes }]).await
    }

    /// A file of a case.
    pub async fn attachment(&self, caller: &Caller, case: CaseId, blob: BlobId) -> Result<Download> {
        let found = |kept: &super::kept::Kept| {
            kept.file.attachments.iter().find(|file| file.blob == blob).cloned().ok_or(Problem::NotFound)
        };
        let file = found(&*self.kept(case).await?)?;
        let action = download(file.room);
        // In a room that somebody may not read there is nothing to find.
        let (snapshot, kept) =
            self.read_as(caller, case, &[action]).await.map_err(|problem| match problem {
                Problem::Forbidden { .. } | Problem::WrongState => Problem::NotFound,
                other => other,
            })?;
        let permit = self.case_permit(caller, &snapshot, &kept.file, action)?;
        let bytes = self.inner.store.blob(&permit, case.into(), blob).await?;
        Ok(Download { name: file.name.to_string(), size: file.size, bytes, room: file.room })
    }

    /// Whether somebody may have the rest of a file that they began to
    /// download: a right that was taken away meanwhile is gone.
    pub async fn may_go_on(&self, caller: &Caller, case: CaseId, download: &Download) -> Result<()> {
        let (snapshot, kept) = (self.directory().await?, self.kept(case).await?);
        let action = self::download(download.room);
        self.case_permit(caller, &snapshot, &kept.file, action)?;
        Ok(())
    }
}
