//! Whether a tree is as it was made: its hashes, its signatures, its documents.

use std::collections::BTreeSet;

use fixlead_core::text::hex;
use fixlead_formats::validate::validate;
use sha2::{Digest as _, Sha512};

use crate::content::digest;
use crate::csaf;
use crate::entry::{files_digest, sha256};
use crate::openpgp::{self, PublicKey};
use crate::tree::{SECURITY_TXT, Tree};

/// Everything that is wrong with a tree. `paths` are its files, `read` reads
/// one; signatures have to be of `key`, or without one of the tree's own.
pub fn verify(
    tree: &Tree,
    key: Option<&PublicKey>,
    paths: &BTreeSet<String>,
    read: &dyn Fn(&str) -> Option<Vec<u8>>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let signed = tree.shared.contains_key(csaf::KEY);
    if key.is_some() && !signed {
        wrong.push(format!(
            "{}: missing, and nothing is signed; it was published without your key",
            csaf::KEY
        ));
    }
    let own = || read(csaf::KEY).and_then(|bytes| PublicKey::read(&String::from_utf8(bytes).ok()?).ok());
    let key = key.cloned().or_else(own);
    if signed && key.is_none() {
        wrong.push(format!("{}: this is no key, and no signature can be checked", csaf::KEY));
    }
    let mut left: BTreeSet<&str> = paths.iter().map(String::as_str).collect();
    for entry in &tree.entries {
        let own = entry.paths(signed);
        let mut files = Vec::new();
        for path in &own {
            left.remove(path.as_str());
            match read(path) {
                Some(bytes) => files.push((path.as_str(), bytes)),
                None => wrong.push(format!("{path}: missing")),
            }
        }
        let whole = files.len() == own.len();
        if whole && files_digest(files.iter().map(|(path, bytes)| (*path, bytes.as_slice()))) != entry.digest
        {
            wrong.push(format!("advisories/{0}/: one of the files of {0} was altered", entry.id));
        }
        let path = format!("{}{}", csaf::PLACE, entry.csaf);
        wrong.extend(document(&path, key.as_ref().filter(|_| signed), read));
    }
    for (path, shared) in &tree.shared {
        left.remove(path.as_str());
        match read(path) {
            Some(bytes) if digest(&bytes) == shared.digest => {}
            Some(_) => wrong.push(format!("{path}: was altered")),
            None => wrong.push(format!("{path}: missing")),
        }
    }
    if let (Some(key), true, Some(text)) = (&key, signed, read(SECURITY_TXT)) {
        let text = String::from_utf8_lossy(&text);
        if let Err(why) = openpgp::verify_clear(key, &text) {
            wrong.push(format!("{SECURITY_TXT}: {why}"));
        }
    }
    wrong.extend(left.into_iter().map(|path| format!("{path}: nobody published this")));
    wrong
}

/// What is wrong with a CSAF document, its hashes and its signature.
fn document(path: &str, key: Option<&PublicKey>, read: &dyn Fn(&str) -> Option<Vec<u8>>) -> Vec<String> {
    let Some(bytes) = read(path) else { return Vec::new() };
    let mut wrong = Vec::new();
    let said = |ending: &str| {
        read(&format!("{path}{ending}")).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    };
    for (ending, hash) in [(".sha256", sha256(&bytes)), (".sha512", hex(&Sha512::digest(&bytes)))] {
        if said(ending).is_some_and(|text| !text.starts_with(&format!("{hash} "))) {
            wrong.push(format!("{path}{ending}: is the hash of something else"));
        }
    }
    if let Some(key) = key
        && let Some(signature) = said(".asc")
        && let Err(why) = openpgp::verify(key, &bytes, &signature)
    {
        wrong.push(format!("{path}.asc: {why}"));
    }
    let valid =
        std::str::from_utf8(&bytes).is_ok_and(|text| validate(text).is_ok_and(|verdict| verdict.is_valid()));
    if !valid {
        wrong.push(format!("{path}: is no valid CSAF document; `fixlead advisory validate` says why"));
    }
    wrong
}
