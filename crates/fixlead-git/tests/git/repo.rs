//! Repositories of tests.

use std::cell::Cell;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use fixlead_git::{Cache, Id, Limits, Workspace};

/// A directory that goes away with the test.
pub struct Place(pub PathBuf);

impl Place {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("fixlead-git-test-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Place(path)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A repository with a worktree, and beside it a cache.
pub struct Repo {
    pub place: Place,
    clock: Cell<u32>,
}

impl Repo {
    pub fn new() -> Self {
        Repo::with_format("sha1")
    }

    pub fn with_format(format: &str) -> Self {
        let repo = Repo { place: Place::new(), clock: Cell::new(1_600_000_000) };
        std::fs::create_dir(repo.path()).unwrap();
        repo.git(&["init", "--quiet", "--initial-branch=main", &format!("--object-format={format}")]);
        repo
    }

    pub fn path(&self) -> PathBuf {
        self.place.0.join("repo")
    }

    pub fn cache(&self) -> Cache {
        Cache::Directory(self.place.0.join("cache"))
    }

    /// A workspace whose findings are kept beside the repository.
    pub fn workspace(&self) -> Workspace {
        Workspace::open(&[self.path()], &self.cache(), Limits::default()).unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        self.clock.set(self.clock.get() + 60);
        let date = format!("@{} +0000", self.clock.get());
        let mut command = Command::new("git");
        command
            .current_dir(self.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("LC_ALL", "C")
            .env("GIT_AUTHOR_NAME", "Ana")
            .env("GIT_AUTHOR_EMAIL", "ana@example.org")
            .env("GIT_COMMITTER_NAME", "Ana")
            .env("GIT_COMMITTER_EMAIL", "ana@example.org")
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date)
            .args(["-c", "gc.auto=0", "-c", "core.editor=true", "-c", "protocol.file.allow=always"])
            .args(arguments)
            .stdin(Stdio::null());
        command
    }

    /// Runs git and gives what it wrote, without the end of the last line.
    pub fn git(&self, arguments: &[&str]) -> String {
        let (code, text) = self.try_git(arguments);
        assert_eq!(code, 0, "git {arguments:?}: {text}");
        text
    }

    /// The same with its exit code, and its messages when that is not 0.
    pub fn try_git(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.command(arguments).output().unwrap();
        let code = output.status.code().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let text = if code == 0 { text } else { text + &String::from_utf8_lossy(&output.stderr) };
        (code, text.trim_end().to_owned())
    }

    /// Runs git on an input.
    pub fn feed(&self, arguments: &[&str], input: &str) -> String {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        let text = input.to_owned();
        let feeder = std::thread::spawn(move || pipe.write_all(text.as_bytes()));
        let output = child.wait_with_output().unwrap();
        feeder.join().unwrap().unwrap();
        assert!(output.status.success(), "git {arguments:?}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Commits everything in the worktree.
    pub fn commit(&self, message: &str) -> Id {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
        self.head()
    }

    /// Writes a file and commits it.
    pub fn change(&self, path: &str, text: &str, message: &str) -> Id {
        self.write(path, text);
        self.commit(message)
    }

    pub fn head(&self) -> Id {
        self.id("HEAD")
    }

    pub fn id(&self, revision: &str) -> Id {
        Id::from_hex(&self.git(&["rev-parse", "--verify", &format!("{revision}^{{commit}}")])).unwrap()
    }
}

/// Numbers that look like chance and are the same every time.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % most
    }
}

/// A history by chance: several roots, branches that cross, merges of up to
/// four, names on some commits. Gives the commits.
pub fn by_chance(repo: &Repo, seed: u64, commits: usize, names: usize) -> Vec<Id> {
    let mut dice = Dice::new(seed);
    let mut stream = String::new();
    for number in 1..=commits {
        let mut parents: Vec<usize> = Vec::new();
        if number > 1 && dice.below(25) > 0 {
            let count = [1, 1, 1, 1, 2, 2, 3, 4][dice.below(8)];
            for _ in 0..count {
                // Mostly recent ones, so that history is long.
                let back = if dice.below(4) == 0 { number - 1 } else { (number - 1).min(6) };
                let parent = number - 1 - dice.below(back);
                if parent > 0 && !parents.contains(&parent) {
                    parents.push(parent);
                }
            }
        }
        let date = 1_600_000_000 + dice.below(100_000);
        writeln!(
            stream,
            "commit refs/made/{number}\nmark :{number}\ncommitter A <a@b> {date} +0000\ndata 1\n{}",
            number % 10
        )
        .unwrap();
        for (place, parent) in parents.iter().enumerate() {
            writeln!(stream, "{} :{parent}", if place == 0 { "from" } else { "merge" }).unwrap();
        }
        if parents.is_empty() {
            writeln!(stream, "deleteall").unwrap();
        }
        writeln!(stream, "M 644 inline f{number}\ndata 1\nx").unwrap();
    }
    for number in 0..names {
        let of = 1 + dice.below(commits);
        match dice.below(4) {
            0 => writeln!(stream, "reset refs/heads/b{number}\nfrom :{of}\n").unwrap(),
            1 => writeln!(stream, "reset refs/tags/module/v{number}\nfrom :{of}\n").unwrap(),
            2 => writeln!(stream, "tag a{number}\nfrom :{of}\ntagger A <a@b> 0 +0000\ndata 0").unwrap(),
            _ => writeln!(stream, "reset refs/tags/v{number}\nfrom :{of}\n").unwrap(),
        }
    }
    repo.feed(&["fast-import", "--quiet", "--export-marks=marks"], &stream);
    let marks = std::fs::read_to_string(repo.path().join("marks")).unwrap();
    let mut ids: Vec<(usize, Id)> = marks
        .lines()
        .map(|line| {
            let (mark, id) = line[1..].split_once(' ').unwrap();
            (mark.parse().unwrap(), Id::from_hex(id).unwrap())
        })
        .collect();
    ids.sort_unstable();
    ids.into_iter().filter(|(mark, _)| *mark <= commits).map(|(_, id)| id).collect()
}

pub fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}
