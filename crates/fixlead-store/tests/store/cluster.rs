//! A PostgreSQL server of the tests' own: on a socket in a temporary
//! directory, run by a user without rights, gone when the tests are.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

const MISSING: &str = "\
these tests need PostgreSQL 15 or later, only its programs, no running server; \
install it with `apt-get install postgresql` (or `./test tools` as root)";

/// The server, and the shell that ends it when this process ends.
struct Cluster {
    sockets: PathBuf,
    _guard: Child,
}

/// Makes a database and gives its address.
pub fn new_database() -> String {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let cluster = CLUSTER.get_or_init(Cluster::start);
    let name = format!("store_{}", COUNT.fetch_add(1, Ordering::SeqCst));
    let host = cluster.sockets.display();
    let postgres = format!("host={host} user=postgres dbname=postgres");
    super::ground::run(async {
        let client = connect(&postgres).await;
        client.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
    });
    format!("host={host} user=postgres dbname={name}")
}

/// The directory that a thief would take.
pub fn data() -> PathBuf {
    std::env::temp_dir().join(format!("fixlead-postgres-{}", std::process::id())).join("data")
}

/// A connection past the store.
pub async fn connect(address: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(address, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
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
    fn start() -> Self {
        let programs = programs();
        let place = std::env::temp_dir().join(format!("fixlead-postgres-{}", std::process::id()));
        let _ = fs::remove_dir_all(&place);
        fs::create_dir(&place).unwrap();
        let user = unprivileged();
        if let Some(user) = user {
            succeed(Command::new("chown").arg(user).arg(&place));
        }
        let prefix = user.map_or(String::new(), |user| {
            format!("setpriv --reuid={user} --regid=$(id -g {user}) --clear-groups ")
        });
        let data = place.join("data");
        let initdb = programs.join("initdb");
        let make = format!(
            "{prefix}{} -D {} -U postgres -A trust -E UTF8 --locale=C --no-sync --no-instructions",
            initdb.display(),
            data.display()
        );
        succeed(Command::new("sh").current_dir("/").args(["-c", &make]));
        // The shell waits for its input to end, which it does with this process.
        let serve = format!(
            "{prefix}{postgres} -D {data} -k {place} -c listen_addresses= -c fsync=off -c max_connections=400 \
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
        wait_for(&place);
        Cluster { sockets: place, _guard: guard }
    }
}

/// Waits until the server answers; the operating system is asked, no clock.
fn wait_for(place: &Path) {
    let address = format!("host={} user=postgres dbname=postgres", place.display());
    for _ in 0..600 {
        let answers =
            tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
                let found = tokio_postgres::connect(&address, tokio_postgres::NoTls).await;
                if found.is_err() {
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
                found.is_ok()
            });
        if answers {
            return;
        }
    }
    panic!("PostgreSQL does not answer: {}", fs::read_to_string(place.join("log")).unwrap_or_default());
}
