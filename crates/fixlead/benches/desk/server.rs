//! The command as a process of its own.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// The installation key of all these databases, as it is given: 32 times the
/// byte 9 in base64.
const KEY: &str = "CQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQk=";

/// A desk that runs.
pub struct Server {
    process: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

fn fixlead(binary: &Path, place: &Path) -> Command {
    let mut command = Command::new(binary);
    command.current_dir(place).env("FIXLEAD_KEY", KEY).env_remove("FIXLEAD_DATABASE_URL");
    command.env_remove("CREDENTIALS_DIRECTORY").env_remove("NOTIFY_SOCKET");
    command
}

impl Server {
    /// Starts one on the data below a place.
    pub fn start(binary: &Path, place: &Path) -> Server {
        fs::create_dir_all(place).unwrap();
        // All reports come from one source and are for one project.
        let bounds = "limits.reports-per-hour = 1000000\nlimits.reports-per-project = 1000000\n\
                      limits.report-bytes = 1099511627776\n";
        fs::write(place.join("bench.toml"), bounds).unwrap();
        let log = fs::OpenOptions::new().create(true).append(true).open(place.join("log")).unwrap();
        let mut process = fixlead(binary, place)
            .args(["serve", "--listen", "127.0.0.1:0", "--config", "bench.toml", "--data", "fixlead-data"])
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines.next().unwrap().unwrap();
        let address = line.strip_prefix("the desk is at http://").unwrap().parse().unwrap();
        std::thread::spawn(move || lines.for_each(drop));
        Server { process, address }
    }

    /// The CPU time that it has taken so far, in user and in system mode, in
    /// milliseconds (`proc_pid_stat(5)`; its ticks are hundredths of a second).
    pub fn cpu_ms(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        ticks as f64 * 10.0
    }

    /// The memory that it holds, in megabytes.
    pub fn memory(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.split_whitespace().next().unwrap().parse::<f64>().unwrap() * 1024.0 / 1e6
    }

    /// Asks it to stop, and waits.
    pub fn stop(&mut self) {
        let asked = Command::new("kill").arg(self.process.id().to_string()).status().unwrap();
        assert!(asked.success() && self.process.wait().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What the command finds when it verifies the log below a place.
pub fn verified(binary: &Path, place: &Path) -> Value {
    let output = fixlead(binary, place).args(["log", "verify", "--json"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    serde_json::from_slice(&output.stdout).unwrap()
}
