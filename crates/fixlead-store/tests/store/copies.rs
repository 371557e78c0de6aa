//! Copies that nodes keep in files: they open whole, where they belong, and no
//! more once anything was erased.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use fixlead_store::*;

use crate::ground::{Ground, case, may, may_erase, run};

const MOMENT: Moment = Moment { position: 7, entry: 3 };

/// More than two parts.
fn content() -> Vec<u8> {
    (0..600_000_u32).map(|number| (number / 7) as u8).collect()
}

fn write(key: &CopyKey, path: &Path, content: &[u8]) {
    key.write(path, "search", MOMENT, |out| out.write_all(content)).unwrap();
}

/// What a copy says, if it opens to its end.
fn read(key: &CopyKey, path: &Path, name: &str) -> Option<(Moment, Vec<u8>)> {
    let mut opened = key.open(path, name).ok()??;
    let mut content = Vec::new();
    opened.read_to_end(&mut content).ok()?;
    Some((opened.moment(), content))
}

async fn holds(ground: Ground) {
    let path = ground.path().join("search.copy");
    let store = ground.open().await;
    let key = store.copy_key().await.unwrap();
    assert!(key.open(&path, "search").unwrap().is_none(), "there is none yet");
    write(&key, &path, b"before");
    write(&key, &path, &content());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    // A start after this one, or another node, has the same key.
    let again = ground.open().await.copy_key().await.unwrap();
    assert_eq!(read(&again, &path, "search"), Some((MOMENT, content())));
    assert_eq!(read(&again, &path, "other"), None, "under another name");
    let elsewhere = Ground::sqlite("another installation");
    let foreign = elsewhere.open_with(ground.keyring.clone()).await.unwrap().copy_key().await.unwrap();
    assert_eq!(read(&foreign, &path, "search"), None);

    // A copy that could not be written leaves the one before.
    let broken = key.write(&path, "search", MOMENT, |out| {
        out.write_all(&content())?;
        Err(std::io::Error::other("no more"))
    });
    assert!(broken.is_err());
    assert_eq!(read(&key, &path, "search"), Some((MOMENT, content())));

    let whole = fs::read(&path).unwrap();
    let opens = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        read(&key, &path, "search").is_some()
    };
    assert!(opens(&whole));
    // One bit anywhere: in the head, in a length, in a nonce, in a tag.
    for place in (0..200).chain((0..20).map(|n| n * 29_000)).chain([whole.len() - 1]) {
        let mut flipped = whole.clone();
        flipped[place] ^= 0x10;
        assert!(!opens(&flipped), "bit of byte {place}");
    }
    for end in [0, 10, 40, 60, 262_300, whole.len() - 1] {
        assert!(!opens(&whole[..end]), "cut off at {end}");
    }
    // A part twice, one left out, something behind the end.
    let part = 4 + u32::from_be_bytes(whole[47..51].try_into().unwrap()) as usize;
    let (head, rest) = whole.split_at(47);
    let (first, rest) = rest.split_at(part);
    assert!(!opens(&[head, first, first, rest].concat()));
    assert!(!opens(&[head, rest].concat()));
    assert!(!opens(&[head, first].concat()));
    assert!(!opens(&[&whole, first].concat()));
    assert!(opens(&whole));

    // An erasure: nothing that was copied before opens any more.
    store.append(&may(case(1)), Append::to(case(1), 0).event("x")).await.unwrap();
    let before = store.head().await.unwrap().number;
    assert_eq!(store.erased_since(0).await.unwrap(), (vec![], before));
    assert!(store.erase(&may_erase(case(1)), case(1)).await.unwrap());
    assert_eq!(store.erased_since(0).await.unwrap(), (vec![case(1)], before + 1));
    assert_eq!(store.erased_since(before + 1).await.unwrap(), (vec![], before + 1));
    let after = store.copy_key().await.unwrap();
    assert_eq!(read(&after, &path, "search"), None);
    write(&key, &path, b"by a node that was slow");
    assert_eq!(read(&after, &path, "search"), None);
    write(&after, &path, b"made anew");
    assert_eq!(read(&after, &path, "search").map(|(_, content)| content), Some(b"made anew".to_vec()));
    assert!(copy::delete(&path).unwrap());
    assert!(!copy::delete(&path).unwrap());
}

#[test]
fn a_copy_opens_whole_where_it_belongs_until_something_is_erased() {
    run(holds(Ground::sqlite("copies")));
    run(holds(Ground::postgres("copies")));
}
