//! Patches as git writes them, read into files and hunks.

/// What a patch does to one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilePatch {
    /// The path before, if there was one.
    pub old: Option<String>,
    /// The path after, if there is one.
    pub new: Option<String>,
    /// Modes, renames, and for binary files the ids of both: each a line.
    pub header: Vec<String>,
    /// Whether the change is not told line by line.
    pub binary: bool,
    /// The changed places, in order.
    pub hunks: Vec<Hunk>,
}

/// One changed place with the lines around it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hunk {
    /// The first line before the change, from 1; 0 for a file that was empty.
    pub old_start: u32,
    /// How many lines of the file before.
    pub old_count: u32,
    /// The first line after the change.
    pub new_start: u32,
    /// Lines as they stand in the patch: a space, `+`, `-` or `\` before each.
    pub lines: Vec<Vec<u8>>,
}

impl FilePatch {
    /// Lines that are added or taken away.
    pub fn changes(&self) -> impl Iterator<Item = &[u8]> {
        let lines = self.hunks.iter().flat_map(|hunk| &hunk.lines);
        lines.map(Vec::as_slice).filter(|line| matches!(line.first(), Some(b'+' | b'-' | b'\\')))
    }
}

/// Reads the files of a patch; what stands before and behind them is left out.
pub fn read(patch: &[u8]) -> Vec<FilePatch> {
    let mut files: Vec<FilePatch> = Vec::new();
    let mut lines = patch.split(|byte| *byte == b'\n').peekable();
    // Whether the lines of the file that is read can be its header.
    let mut in_header = false;
    while let Some(line) = lines.next() {
        if let Some(names) = line.strip_prefix(b"diff --git ") {
            let mut file = FilePatch::default();
            (file.old, file.new) = both(names);
            files.push(file);
            in_header = true;
            continue;
        }
        let Some(file) = files.last_mut() else { continue };
        if let Some(hunk) = line.strip_prefix(b"@@ -").and_then(ranges) {
            in_header = false;
            let (mut hunk, mut old, mut new) = hunk;
            while let Some(next) = lines.peek() {
                let (takes_old, takes_new) = match next.first() {
                    Some(b' ') | None => (1, 1),
                    Some(b'-') => (1, 0),
                    Some(b'+') => (0, 1),
                    Some(b'\\') => (0, 0),
                    _ => break,
                };
                // A signature below a patch begins with `--` and is no line of it.
                if takes_old > old || takes_new > new || (takes_old + takes_new == 0 && hunk.lines.is_empty())
                {
                    break;
                }
                old -= takes_old;
                new -= takes_new;
                // Mail programs take a lonely space away.
                hunk.lines.push(if next.is_empty() { b" ".to_vec() } else { next.to_vec() });
                lines.next();
            }
            file.hunks.push(hunk);
        } else if in_header {
            header(file, line, &mut in_header);
        }
    }
    for file in &mut files {
        if !file.binary {
            file.header.retain(|line| !line.starts_with("index "));
        }
    }
    files
}

fn header(file: &mut FilePatch, line: &[u8], in_header: &mut bool) {
    let text = String::from_utf8_lossy(line).into_owned();
    if let Some(name) = text.strip_prefix("--- ") {
        file.old = name_of(name, "a/");
    } else if let Some(name) = text.strip_prefix("+++ ") {
        file.new = name_of(name, "b/");
    } else if text.starts_with("Binary files ") || text == "GIT binary patch" {
        file.binary = true;
        *in_header = false;
    } else if text.starts_with("similarity index ") || text.starts_with("dissimilarity index ") {
        // How alike two files are says nothing about the change.
    } else if ["old mode ", "new mode ", "rename ", "copy ", "index "]
        .iter()
        .any(|known| text.starts_with(known))
    {
        file.header.push(text);
    } else if text.starts_with("new file mode ") {
        file.old = None;
        file.header.push(text);
    } else if text.starts_with("deleted file mode ") {
        file.new = None;
        file.header.push(text);
    } else {
        *in_header = false;
    }
}

/// The two names behind `diff --git`, which are the same unless it is a rename,
/// whose own lines say it better.
fn both(names: &[u8]) -> (Option<String>, Option<String>) {
    let text = String::from_utf8_lossy(names);
    if text.starts_with('"') {
        let middle = text.find("\" \"").map_or(text.len(), |place| place + 1);
        return (name_of(&text[..middle], "a/"), text.get(middle + 1..).and_then(|name| name_of(name, "b/")));
    }
    let half = text.len() / 2;
    match (text.get(..half), text.get(half + 1..)) {
        (Some(old), Some(new)) => (name_of(old, "a/"), name_of(new, "b/")),
        _ => (None, None),
    }
}

/// A name in a patch without its prefix, and without quotes if it has some;
/// none for `/dev/null`.
fn name_of(name: &str, prefix: &str) -> Option<String> {
    // git ends a name that has spaces with a tab.
    let name = name.trim_end_matches(['\t', '\r']);
    let name = match name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
        Some(quoted) => unquoted(quoted),
        None => name.to_owned(),
    };
    if name == "/dev/null" { None } else { Some(name.strip_prefix(prefix).unwrap_or(&name).to_owned()) }
}

/// What git wrote between quotes, with `\` before what is not plain.
fn unquoted(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'n') => bytes.push(b'\n'),
            Some(b't') => bytes.push(b'\t'),
            Some(first @ b'0'..=b'3') => {
                let mut digit = || u32::from(rest.next().unwrap_or(b'0').wrapping_sub(b'0') & 7);
                let value = u32::from(first - b'0') * 64 + digit() * 8 + digit();
                bytes.push((value & 255) as u8);
            }
            Some(other) => bytes.push(other),
            None => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads `12,3 +12,4 @@`: the hunk, and how many lines it has before and after.
fn ranges(text: &[u8]) -> Option<(Hunk, u32, u32)> {
    let text = std::str::from_utf8(text.split(|byte| *byte == b'@').next()?).ok()?;
    let (old, new) = text.trim().split_once(" +")?;
    let range = |text: &str| -> Option<(u32, u32)> {
        match text.split_once(',') {
            Some((start, count)) => Some((start.parse().ok()?, count.parse().ok()?)),
            None => Some((text.parse().ok()?, 1)),
        }
    };
    let ((old_start, old_count), (new_start, new_count)) = (range(old)?, range(new)?);
    Some((Hunk { old_start, old_count, new_start, lines: Vec::new() }, old_count, new_count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_hunks_are_read_and_a_signature_is_not() {
        let patch = b"Subject: x\n---\n f | 2 +-\n\ndiff --git a/a b b/a b\nindex 1..2 100644\n--- a/a b\t\n+++ b/a b\t\n@@ -1,3 +1,3 @@ fn x\n 1\n-2\n+two\n\n@@ -9 +9,0 @@\n-9\n\\ No newline at end of file\n-- \n2.47.3\n";
        let files = read(patch);
        assert_eq!(files.len(), 1);
        assert_eq!((files[0].new.as_deref(), files[0].header.len()), (Some("a b"), 0));
        let lines: Vec<usize> = files[0].hunks.iter().map(|hunk| hunk.lines.len()).collect();
        assert_eq!(lines, [4, 2]);
        assert_eq!(files[0].changes().count(), 4);
    }

    #[test]
    fn names_and_modes_are_read() {
        let patch = b"diff --git \"a/\\303\\251\\\"\" \"b/\\303\\251\\\"\"\nnew file mode 100755\nindex 0..1\n--- /dev/null\n+++ \"b/\\303\\251\\\"\"\n@@ -0,0 +1 @@\n+x\ndiff --git a/x b/y\nsimilarity index 90%\nrename from x\nrename to y\ndiff --git a/p b/p\nindex 11..22 100644\nBinary files a/p and b/p differ\n";
        let files = read(patch);
        assert_eq!((files[0].old.as_deref(), files[0].new.as_deref()), (None, Some("\u{e9}\"")));
        assert_eq!(files[1].header, ["rename from x", "rename to y"]);
        assert!(files[2].binary && files[2].header == ["index 11..22 100644"]);
    }
}
