//! A desk and a PostgreSQL server that is reached over a network: encrypted, and
//! only by whom it takes for the right one.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cluster::{self, Cluster};
use crate::desk::{Desk, directory, fixlead, messages};

fn openssl(place: &Path, arguments: &str) {
    let output = Command::new("openssl").current_dir(place).args(arguments.split(' ')).output().unwrap();
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

/// An authority, and another one that has nothing to do with it.
fn authorities(place: &Path) {
    for name in ["ca", "other"] {
        let curve = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
        openssl(
            place,
            &format!("req -x509 {curve} -keyout {name}.key -out {name}.pem -subj /CN={name} -days 2"),
        );
    }
}

/// A server with a certificate for `localhost`.
fn server(place: &Path, port: u16) -> Cluster {
    let own = place.join("server");
    fs::create_dir(&own).unwrap();
    let curve = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(place, &format!("req -new {curve} -keyout server/key -out server.csr -subj /CN=localhost"));
    fs::write(place.join("names"), "subjectAltName=DNS:localhost\n").unwrap();
    openssl(
        place,
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server/certificate",
    );
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs::set_permissions(own.join("key"), mode).unwrap();
    // The server runs as somebody else, and has to reach its own files.
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(place, open).unwrap();
    let files = format!("-c ssl_cert_file={0}/certificate -c ssl_key_file={0}/key", own.display());
    Cluster::start(&own, port, &format!("-c listen_addresses=localhost -c ssl=on {files}"))
}

/// A port that nobody listens on.
fn port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Reads the whole database, and says how that went.
fn export(place: &Path, url: &str) -> (bool, String) {
    let output = fixlead(place, &["export", "--database-url", url]).output().unwrap();
    (output.status.success(), messages(&output))
}

#[test]
fn a_server_is_talked_to_as_its_address_asks_or_not_at_all() {
    let place = directory("tls");
    authorities(&place);
    let port = port();
    let cluster = server(&place, port);
    let socket = cluster.new_database();
    let name = socket.rsplit('/').next().unwrap().to_owned();
    let address = |host: &str, rest: &str| format!("postgres://postgres@{host}:{port}/{name}{rest}");
    let authority = |name: &str| place.join(name).to_str().unwrap().replace('/', "%2F");
    let (ca, other) = (authority("ca.pem"), authority("other.pem"));

    // A desk that checks everything: all its connections are encrypted.
    let strict = address("localhost", &format!("?sslmode=verify-full&sslrootcert={ca}"));
    let home = directory("tls-desk");
    let desk = Desk::start_with(home, "", &[("FIXLEAD_DATABASE_URL", Path::new(&strict))]);
    assert!(desk.get("/readyz").starts_with("HTTP/1.1 200 "), "{}", desk.log());
    let counted = |encrypted: bool| -> i64 {
        cluster::wait(async {
            let query = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
                WHERE application_name = 'fixlead' AND ssl = $1";
            cluster::connect(&socket).await.query_one(query, &[&encrypted]).await.unwrap().get(0)
        })
    };
    assert!(counted(true) >= 2, "the writer and the listener at least");
    assert_eq!(counted(false), 0);
    let plain = address("localhost", "?sslmode=disable");
    let home = directory("tls-plain");
    fs::copy(desk.place.join("fixlead-data.key"), home.join("fixlead-data.key")).unwrap();
    let careless = Desk::start_with(home, "", &[("FIXLEAD_DATABASE_URL", Path::new(&plain))]);
    assert!(counted(false) > 0, "the same count finds what is not encrypted");
    drop((desk, careless));

    for (host, rest, remedy) in [
        ("localhost", format!("?sslmode=verify-full&sslrootcert={ca}"), ""),
        ("localhost", format!("?sslrootcert={ca}"), ""),
        ("127.0.0.1", format!("?sslmode=verify-ca&sslrootcert={ca}"), ""),
        ("127.0.0.1", "?sslmode=require".to_owned(), ""),
        ("127.0.0.1", format!("?sslmode=verify-full&sslrootcert={ca}"), "its certificate bears another name"),
        ("localhost", format!("?sslmode=verify-full&sslrootcert={other}"), "of no authority that is trusted"),
        ("localhost", format!("?sslmode=require&sslrootcert={other}"), "of no authority that is trusted"),
        ("localhost", format!("?sslmode=verify-ca&sslrootcert={other}"), "of no authority that is trusted"),
        // Without a file the authorities that are compiled in count.
        ("localhost", "?sslmode=verify-full".to_owned(), "name the right file with sslrootcert"),
        ("localhost", "?sslmode=verify-full&sslrootcert=%2Fnowhere".to_owned(), "/nowhere"),
        ("localhost", "?sslmode=prefer".to_owned(), "write verify-full"),
    ] {
        let (done, said) = export(&place, &address(host, &rest));
        assert_eq!(done, remedy.is_empty(), "{host} {rest}: {said}");
        assert!(said.contains(remedy), "{host} {rest}: {said}");
    }

    // The same by the configuration, which is what people write.
    let url = place.join("url");
    fs::write(&url, address("localhost", "?sslmode=verify-full")).unwrap();
    fs::set_permissions(&url, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    for (file, code) in [("ca.pem", 0), ("other.pem", 2)] {
        let text = format!("[database]\nurl-file = \"url\"\ncertificate-authorities = \"{file}\"\n");
        fs::write(place.join("tls.toml"), text).unwrap();
        let output = fixlead(&place, &["log", "verify", "--config", "tls.toml"]).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{file}: {}", messages(&output));
    }
    drop(cluster);
}

#[test]
fn a_server_that_wants_no_encryption_hears_nothing_more() {
    let place: PathBuf = directory("tls-none");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // It answers as a server that offers none, or as somebody in between.
    let server = std::thread::spawn(move || {
        let mut heard = Vec::new();
        for stream in listener.incoming().take(3) {
            let mut stream = stream.unwrap();
            let mut asked = [0; 8];
            stream.read_exact(&mut asked).unwrap();
            let _ = stream.write_all(b"N");
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest);
            heard.push((asked, rest));
        }
        heard
    });
    for mode in ["require", "verify-ca", "verify-full"] {
        let url = format!("postgres://desk:secret-password@127.0.0.1:{port}/desk?sslmode={mode}");
        let (done, said) = export(&place, &url);
        assert!(!done && said.contains("offers no TLS") && said.contains("ssl = on"), "{mode}: {said}");
        assert!(!said.contains("secret-password"), "{mode}: {said}");
    }
    for (asked, rest) in server.join().unwrap() {
        // Length 8, and the number that asks for TLS.
        assert_eq!(asked, [0, 0, 0, 8, 4, 210, 22, 47]);
        assert_eq!(rest, b"", "neither name nor password");
    }
}
