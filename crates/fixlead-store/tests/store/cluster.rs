//! A PostgreSQL server of the tests' own: on a socket in a temporary
//! directory, run by a user without rights, gone when the tests are. The tests
//! of the command bring this file in as well.

use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

const MISSING: &str = "\
these tests need PostgreSQL 15 or later, only its programs, no running server; \
install it with `apt-get install postgresql` (or `./test tools` as root)";

/// A server, and the shell that ends it when this process ends.
pub struct Cluster {
    place: PathBuf,
    port: u16,
    _guard: Child,
}

/// The server that most tests share.
fn shared() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| Cluster::start(&place("shared"), 5432, "-c listen_addresses="))
}

/// A place for a server of this process.
fn place(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("fixlead-postgres-{name}-{}", std::process::id()))
}

/// Makes a database and gives its address.
pub fn new_database() -> String {
    shared().new_database()
}

/// The directory that a thief would take.
pub fn data() -> PathBuf {
    shared().place.join("data")
}

/// A connection past the store.
pub async fn connect(address: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(address, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Waits for something on a thread of its own.
pub fn wait<T>(story: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(story)
}

/// The directory with the newest server's programs.
fn programs() -> PathBuf {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, path)| path.join("initdb").exists() && path.join("postgres").exists())
        .collect();
    versions.sort();
    if let Some((_, path)) = versions.pop().filter(|(version, _)| *version >= 15) {
        return path;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).find(|path| path.join("initdb").exists()).expect(MISSING)
}

/// What goes before a command so that it does not run as root, which
/// PostgreSQL refuses.
fn unprivileged() -> Option<&'static str> {
    use std::os::unix::fs::MetadataExt;
    if fs::metadata("/proc/self").is_ok_and(|own| own.uid() != 0) {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    Some(if users.contains("\npostgres:") { "postgres" } else { "nobody" })
}

fn succeed(command: &mut Command) {
    let output = command.output().expect("the program starts");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

impl Cluster {
    /// Starts a server in a place; files that are in it are the server's own
    /// from then on. `settings` are for its command line.
    pub fn start(place: &Path, port: u16, settings: &str) -> Self {
        let programs = programs();
        let data = place.join("data");
        let _ = fs::remove_dir_all(&data);
        fs::create_dir_all(place).unwrap();
        let user = unprivileged();
        if let Some(user) = user {
            succeed(Command::new("chown").arg("-R").arg(user).arg(place));
        }
        let prefix = user.map_or(String::new(), |user| {
            format!("setpriv --reuid={user} --regid=$(id -g {user}) --clear-groups ")
        });
        let initdb = programs.join("initdb");
        let make = format!(
            "{prefix}{} -D {} -U postgres -A trust -E UTF8 --locale=C --no-sync --no-instructions",
            initdb.display(),
            data.display()
        );
        succeed(Command::new("sh").current_dir("/").args(["-c", &make]));
        // The shell waits for its input to end, which it does with this process.
        let serve = format!(
            "{prefix}{postgres} -D {data} -k {place} -p {port} {settings} -c fsync=off -c max_connections=400 \
             -c log_min_messages=panic >{log} 2>&1 & server=$!; cat >/dev/null; kill -INT $server; wait $server; rm -rf {place}",
            postgres = programs.join("postgres").display(),
            data = data.display(),
            place = place.display(),
            log = place.join("log").display(),
        );
        let guard = Command::new("sh")
            .current_dir("/")
            .args(["-c", &serve])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let cluster = Cluster { place: place.to_owned(), port, _guard: guard };
        wait(cluster.answers());
        cluster
    }

    /// The address of a database over the socket.
    fn address(&self, name: &str) -> String {
        let path = self.place.to_str().expect("a plain path").replace('/', "%2F");
        format!("postgres://postgres@{path}:{}/{name}", self.port)
    }

    /// Makes a database and gives its address.
    pub fn new_database(&self) -> String {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("store_{}", COUNT.fetch_add(1, Ordering::SeqCst));
        wait(async {
            let client = connect(&self.address("postgres")).await;
            client.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        });
        self.address(&name)
    }

    /// Waits until the server answers; the operating system is asked, no clock.
    async fn answers(&self) {
        let address = self.address("postgres");
        for _ in 0..600 {
            if tokio_postgres::connect(&address, tokio_postgres::NoTls).await.is_ok() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        let log = fs::read_to_string(self.place.join("log")).unwrap_or_default();
        panic!("PostgreSQL does not answer: {log}");
    }
}
