//! Every key of the configuration file: its path, its type, what it is without
//! being set, and what it does.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde_json::Value;
use toml::de::{DeTable, DeValue};

use super::values::{
    Contact, Count, Known, Language, Length, LogFormat, LogLevel, Network, Origin, Provider, Sentence,
    Setting, Upstream,
};

/// A key.
pub struct Key {
    /// Its path in the file, with dots.
    pub path: &'static str,
    /// What its value can be, for people.
    pub kind: fn() -> String,
    /// The same as a JSON Schema.
    pub schema: fn() -> Value,
    /// What it is without being set, as TOML; nothing if it is then absent.
    pub default: &'static str,
    /// What it does.
    pub about: &'static str,
    /// Reads its value into a configuration.
    pub set: fn(&mut Configuration, &DeValue<'_>, &Path) -> Result<(), String>,
}

macro_rules! keys {
    ($($field:ident: $kind:ty, $path:literal = $default:literal, $about:literal;)+) => {
        /// What is set, key by key.
        #[derive(Clone, Debug)]
        pub struct Configuration {
            $(#[doc = $about] pub $field: $kind,)+
        }

        impl Configuration {
            /// Every key with what it is set to, as people read it, and what it does.
            pub fn told(&self) -> Vec<(&'static str, String, &'static str)> {
                vec![$(($path, self.$field.told(), $about)),+]
            }
        }

        /// The keys, in the order in which they are explained.
        pub const KEYS: &[Key] = &[$(Key {
            path: $path,
            kind: <$kind>::kind,
            schema: <$kind>::schema,
            default: $default,
            about: $about,
            set: |configuration, value, base| {
                configuration.$field = <$kind>::read(value, base)?;
                Ok(())
            },
        },)+];

        impl Default for Configuration {
            fn default() -> Self {
                Configuration { $($field: default($path, $default),)+ }
            }
        }
    };
}

keys! {
    listen: SocketAddr, "listen" = "\"127.0.0.1:8470\"",
        "The address and port on which the desk listens. It speaks plain HTTP: put a proxy with TLS before it.";
    data: PathBuf, "data" = "\"fixlead-data\"",
        "The directory in which everything is kept. It is made with mode 0700, and refused if others can read it.";
    public_url: Option<Origin>, "public-url" = "",
        "How people reach the desk. Links and the rules for cookies follow from it. Without it: `http://` and `listen`.";
    key_file: Option<PathBuf>, "key-file" = "",
        "The file with the installation key, mode 0600. Without it: beside the data directory, with `.key` added to its name.";
    database_url_file: Option<PathBuf>, "database.url-file" = "",
        "A file, mode 0600, with the URL of a PostgreSQL database. Without it everything is in SQLite, in the data directory.";
    database_certificate_authorities: Option<PathBuf>, "database.certificate-authorities" = "",
        "A file in PEM with the certificate authorities that a PostgreSQL server's certificate has to come from, where its URL names none with `sslrootcert`.";
    log_format: LogFormat, "log.format" = "\"text\"",
        "What log lines look like. They go to standard error, and hold ids and routes, never content.";
    log_level: LogLevel, "log.level" = "\"info\"",
        "How much is logged.";
    limits_body: Count<1024, 16_777_216>, "limits.body" = "1048576",
        "The largest body of a request, in bytes.";
    limits_attachment: Count<1024, 1_073_741_824>, "limits.attachment" = "26214400",
        "The largest attachment, in bytes.";
    limits_header_time: Length<1, 120>, "limits.header-time" = "\"PT10S\"",
        "How long a connection may take to send the header of its next request.";
    limits_body_time: Length<1, 600>, "limits.body-time" = "\"PT20S\"",
        "How long the body of a request may take to arrive, and how long somebody may not read an answer.";
    limits_request_time: Length<1, 600>, "limits.request-time" = "\"PT30S\"",
        "How long a request may take in all.";
    limits_requests: Count<1, 10_000>, "limits.requests" = "256",
        "How many requests are worked on at a time. More are told to come back.";
    limits_connections: Count<16, 100_000>, "limits.connections" = "1024",
        "How many connections are held. When one more comes, the one that has been idle longest is closed.";
    limits_shutdown_time: Length<1, 600>, "limits.shutdown-time" = "\"PT20S\"",
        "How long requests may go on after the desk was asked to stop.";
    limits_reports_per_hour: Count<1, 1_000_000>, "limits.reports-per-hour" = "60",
        "How many reports somebody who is not signed in may send in an hour from one source: an address, or the /64 of an IPv6 one. More are told until when to wait.";
    limits_reports_per_project: Count<1, 1_000_000>, "limits.reports-per-project" = "600",
        "How many reports a project takes in an hour from people who are not signed in, wherever they are.";
    limits_report_bytes: Count<1_048_576, 1_099_511_627_776>, "limits.report-bytes" = "268435456",
        "How many bytes of reports, and of what reporters write later, a project takes in a day from people who are not signed in, so that a flood cannot fill the disk.";
    limits_messages_per_hour: Count<1, 1_000_000>, "limits.messages-per-hour" = "60",
        "How many messages whoever holds a receipt may write in an hour.";
    limits_sign_ins_per_minute: Count<1, 1_000_000>, "limits.sign-ins-per-minute" = "30",
        "How many attempts to sign in from one source are looked at in a minute.";
    limits_cases_per_hour: Count<1, 1_000_000>, "limits.cases-per-hour" = "120",
        "How many different cases somebody may open in an hour. More wait; it stands in the log, and operators and auditors are told on the page of their account, and by webhooks that listen for reading.stopped.";
    intake_other_way: Option<Sentence>, "intake.other-way" = "",
        "How else the team is reached, told to whoever cannot be taken in right now, such as `write to security@example.org`. Without it they are sent to the project's security policy.";
    security_txt_contact: Vec<Contact>, "security-txt.contact" = "[]",
        "How else the team is reached, in `/.well-known/security.txt` (RFC 9116) behind the form of the desk, the preferred one first.";
    security_txt_languages: Vec<Language>, "security-txt.languages" = "[\"en\"]",
        "The languages in which the team reads reports, in `/.well-known/security.txt`.";
    advisories_provider: Option<PathBuf>, "advisories.provider" = "",
        "The file that says who publishes advisories, where and with which key: see docs/advisories.md. With it the desk gives them to everybody, below `/advisories/`, `/osv/`, `/cve/`, `/openvex/` and `/.well-known/csaf/`.";
    advisories_from: Vec<PathBuf>, "advisories.from" = "[]",
        "Sources of advisories that are published, and directories of them. What changes there is published within seconds.";
    cve_allowed_networks: Vec<Network>, "cve.allowed-networks" = "[]",
        "Networks that are not public and in which CVE Services may be all the same, over plain HTTP too: to try it. Without any, only public addresses are asked, and only over HTTPS.";
    cve_certificate_authorities: Vec<PathBuf>, "cve.certificate-authorities" = "[]",
        "Files in PEM with certificate authorities that CVE Services may have their certificate from, beside those that everybody believes.";
    onion_url: Option<Origin>, "onion-url" = "",
        "The same desk as an onion service. Pages for everybody name it in the header `Onion-Location`, so that Tor Browser offers it.";
    session_idle: Length<60, 604_800>, "session.idle" = "\"PT12H\"",
        "After how long without use a session ends.";
    session_most: Length<300, 2_592_000>, "session.most" = "\"P7D\"",
        "After how long a session ends in any case.";
    sign_in_providers: Vec<Provider>, "sign-in.providers" = "[]",
        "Providers of OpenID Connect that people can link with their account, and then sign in with: each a table with `id` (its name in addresses here), `name` (what people read), `issuer`, `client-id`, and `client-secret-file` if it gives one. There this desk is registered with the redirect URI `<public-url>/sign-in/back/<id>`.";
    sign_in_allowed_networks: Vec<Network>, "sign-in.allowed-networks" = "[]",
        "Networks that are not public and in which providers may be all the same, over plain HTTP too. Without any, only public addresses are asked, and only over HTTPS.";
    sign_in_certificate_authorities: Vec<PathBuf>, "sign-in.certificate-authorities" = "[]",
        "Files (PEM) with certificate authorities that are believed when providers are asked, beside the usual ones.";
    witness_files: Vec<PathBuf>, "witness.files" = "[]",
        "Files elsewhere, best on another machine, to which every signed head of the log is added as a line.";
    witness_instances: Vec<Origin>, "witness.instances" = "[]",
        "Other instances, by their `public-url`, that every signed head of the log is sent to. They name this one in their `witness.keep`.";
    witness_every: Length<1, 60>, "witness.every" = "\"PT1M\"",
        "How soon after something happened the head of the log is signed and given to witnesses.";
    witness_keep: Vec<Known>, "witness.keep" = "[]",
        "Installations whose signed heads are kept here, each as `fixlead key show` prints it there: its id, a colon, its public key.";
    fix_upstreams: Vec<Upstream>, "fix.upstreams" = "[]",
        "What the private repositories of fixes are made from, each `PROJECT=REPOSITORY`: the id of the project, as its page has it in its address, and a repository on this machine or an `https://` address. Git's own settings of a user or this machine do not count.";
    fix_watched: Vec<Upstream>, "fix.watched" = "[]",
        "More public repositories in which the fixes of a project are looked for while they are embargoed, written alike. What `fix.upstreams` names is among them anyway.";
    fix_every: Length<10, 86_400>, "fix.every" = "\"PT10M\"",
        "How often what is public is fetched, and fixes looked for in it.";
    fix_runner: Vec<Sentence>, "fix.runner" = "[]",
        "The command that runs a project's own checks on what is pushed to a private branch, and its arguments; none, if it is empty. It runs as the user of the desk, with an empty environment: [patches.md](patches.md#the-projects-own-checks).";
    fix_runner_time: Length<1, 14_400>, "fix.runner-time" = "\"PT10M\"",
        "How long such a run may take before it is stopped.";
    fix_most_push: Count<65_536, 268_435_456>, "fix.most-push" = "33554432",
        "The largest push to the private repository of a fix, in bytes.";
    retention_closed_cases: Option<Length<86_400, 3_153_600_000>>, "retention.closed-cases" = "",
        "How long a case is kept after it was closed. Then two people may erase it; nothing is erased by itself. Without it: for ever.";
    retention_rejected_reports: Option<Length<86_400, 3_153_600_000>>, "retention.rejected-reports" = "",
        "The same for cases whose report was found to be no vulnerability. Without it: as `retention.closed-cases`.";
    retention_announce: Length<0, 31_536_000>, "retention.announce" = "\"P30D\"",
        "How long before a case may be erased that is announced to the responders.";
    webhook_allowed_networks: Vec<Network>, "webhook.allowed-networks" = "[]",
        "Networks that are not public and that webhooks may call all the same, over plain HTTP too. Without any, only public addresses are called, and only over HTTPS.";
    webhook_certificate_authorities: Vec<PathBuf>, "webhook.certificate-authorities" = "[]",
        "Files (PEM) with certificate authorities that are believed when webhooks are called, beside the usual ones.";
    proxy_trusted: Vec<Network>, "proxy.trusted" = "[]",
        "Proxies whose `X-Forwarded-For` is believed. The source of a request is the last hop that is none of them. Without the desk's own proxy here, everybody behind it counts as one source.";
}

/// The default of a key. It stands in the table above as TOML and is read like
/// a file; every test makes a default configuration, so that one that cannot be
/// read does not pass unseen.
fn default<T: Setting>(path: &str, toml: &'static str) -> T {
    if toml.is_empty()
        && let Some(absent) = T::absent()
    {
        return absent;
    }
    let text = format!("key = {toml}");
    let table = DeTable::parse(&text).ok();
    let value = table.as_ref().and_then(|table| table.get_ref().get("key"));
    match value.map(|value| T::read(value.get_ref(), Path::new(""))) {
        Some(Ok(value)) => value,
        _ => unreachable!("the default of `{path}` cannot be read"),
    }
}
