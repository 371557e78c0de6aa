use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;

use super::read::read;
use super::*;

fn fault(text: &str) -> String {
    let mut keys = Configuration::default();
    read(text, Path::new(""), &mut keys).expect_err("it should be refused").about("fixlead.toml")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Compares a document with what the code makes, or writes it if asked to.
fn hold(file: &str, made: &str) {
    let path = root().join(file);
    if std::env::var_os("FIXLEAD_WRITE_DOCS").is_some() {
        std::fs::write(&path, made).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == made, "{file} is not what the code says; run the test with FIXLEAD_WRITE_DOCS=1");
}

#[test]
fn the_documents_are_made_from_the_table_of_keys() {
    hold("docs/configuration.md", &document::markdown());
    let schema = serde_json::to_string_pretty(&document::schema()).unwrap() + "\n";
    hold("docs/configuration.schema.json", &schema);
    for key in keys::KEYS {
        assert!(document::markdown().contains(&format!("| `{}` |", key.path)));
        assert!(key.about.ends_with('.'), "{}: a sentence ends with a full stop", key.path);
        assert!(!key.path.matches('.').count() > 1, "{}: tables are one deep", key.path);
    }
}

#[test]
fn every_default_reads_back_as_itself() {
    let mut text = String::new();
    for key in keys::KEYS.iter().filter(|key| !key.default.is_empty()) {
        text += &format!("{} = {}\n", key.path, key.default);
    }
    let mut keys = Configuration::default();
    read(&text, Path::new(""), &mut keys).unwrap();
    assert_eq!(format!("{keys:?}"), format!("{:?}", Configuration::default()));
}

#[test]
fn each_complaint_has_its_place_and_a_remedy() {
    let cases = [
        (
            "lisen = \"127.0.0.1:1\"\n",
            "fixlead.toml: line 1, column 1: unknown key `lisen`; did you mean `listen`?",
        ),
        (
            "\n[limits]\nbodie = 3\n",
            "fixlead.toml: line 3, column 1: unknown key `limits.bodie`; did you mean `limits.body`?",
        ),
        (
            "[limits]\n  body = \"1 MiB\"\n",
            "fixlead.toml: line 2, column 10: `limits.body`: expected a whole number from 1024 to 16777216, found a text",
        ),
        (
            "limits.body = 12",
            "fixlead.toml: line 1, column 15: `limits.body`: the number is out of its range; write one from 1024 to 16777216",
        ),
        (
            "limits.body = -1",
            "fixlead.toml: line 1, column 15: `limits.body`: the number is out of its range; write one from 1024 to 16777216",
        ),
        (
            "log.format = \"jason\"",
            "fixlead.toml: line 1, column 14: `log.format`: `jason` is none of `text`, `json`; did you mean `json`?",
        ),
        (
            "limits.header-time = \"PT10M\"",
            "fixlead.toml: line 1, column 22: `limits.header-time`: the span PT10M is out of its range; write one from PT1S to PT2M",
        ),
        ("limits = 3", "fixlead.toml: line 1, column 10: `limits` is a table of keys; write [limits]"),
        (
            "data = \"\"",
            "fixlead.toml: line 1, column 8: `data`: the path is empty; name a file or directory, or take the key out",
        ),
        (
            "public-url = \"https://user:canary@desk.example/x\"",
            "fixlead.toml: line 1, column 14: `public-url`: `desk.example/x` is no address of a server; write scheme, \
             host and perhaps a port, like https://desk.example.org, without a path",
        ),
        (
            "proxy.trusted = [\"10.0.0.0/33\"]",
            "fixlead.toml: line 1, column 17: `proxy.trusted`: `10.0.0.0/33` is no network; write one like 10.0.0.0/8 or ::1",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(fault(text), expected);
    }
    let twice = fault("listen = \"127.0.0.1:1\"\nlisten = \"127.0.0.1:2\"\n");
    assert!(twice.starts_with("fixlead.toml: line 2, column 1: this is not TOML: "), "{twice}");
}

fn directory(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("fixlead-configuration-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

fn nothing(_: &str) -> Option<OsString> {
    None
}

#[test]
fn flags_are_worth_more_than_the_file_and_paths_are_meant_from_it() {
    let base = directory("flags");
    let file = base.join("desk.toml");
    std::fs::write(&file, "listen = \"127.0.0.1:9000\"\ndata = \"kept\"\nlog.level = \"warn\"\n").unwrap();
    let flags = Flags { config: Some(file.clone()), ..Flags::default() };
    let settings = load(&flags, &nothing).unwrap();
    assert_eq!(settings.keys.listen.port(), 9000);
    assert_eq!(settings.keys.data, base.join("kept"));
    assert_eq!(settings.key_file(), base.join("kept.key"), "the key lies beside the data, not in it");
    assert_eq!(settings.public_url().as_str(), "http://127.0.0.1:9000");

    let listen = Some("127.0.0.1:9001".parse().unwrap());
    let settings = load(&Flags { listen, data: Some("elsewhere".into()), ..flags }, &nothing).unwrap();
    assert_eq!(settings.keys.listen.port(), 9001);
    assert_eq!(settings.keys.data, Path::new("elsewhere"));
    assert_eq!(format!("{:?}", settings.keys.log_level), "Warn");
}

#[test]
fn a_secret_comes_from_a_file_that_nobody_else_can_read() {
    let base = directory("secret");
    let secret = base.join("database-url");
    std::fs::write(&secret, "postgres://desk:canary@db/desk\n").unwrap();
    std::fs::set_permissions(&secret, PermissionsExt::from_mode(0o644)).unwrap();
    let file = base.join("fixlead.toml");
    std::fs::write(&file, "database.url-file = \"database-url\"\n").unwrap();
    let flags = Flags { data: Some(base.clone()), ..Flags::default() };
    let refused = load(&flags, &nothing).err().unwrap();
    assert!(refused.contains("chmod 600") && !refused.contains("canary"), "{refused}");
    std::fs::set_permissions(&secret, PermissionsExt::from_mode(0o600)).unwrap();
    let settings = load(&flags, &nothing).unwrap();
    assert_eq!(settings.file, Some(file));
    assert_eq!(settings.database.unwrap().expose(), "postgres://desk:canary@db/desk");
    let wrong = |name: &str| (name == "FIXLEAD_DATABASE_URL").then(|| "mysql://canary".into());
    let refused = load(&flags, &wrong).err().unwrap();
    assert!(refused.starts_with("FIXLEAD_DATABASE_URL: ") && !refused.contains("canary"), "{refused}");
}

#[test]
fn a_network_holds_its_addresses_and_no_others() {
    let network = values::Network::parse("10.1.0.0/16").unwrap();
    assert!(network.contains("10.1.255.255".parse().unwrap()));
    assert!(network.contains("::ffff:10.1.2.3".parse().unwrap()), "an IPv4 address mapped to IPv6");
    assert!(!network.contains("10.2.0.0".parse().unwrap()));
    assert!(values::Network::parse("0.0.0.0/0").unwrap().contains("1.2.3.4".parse().unwrap()));
    assert!(!values::Network::parse("::1").unwrap().contains("::2".parse().unwrap()));
}
