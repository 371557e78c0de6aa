//! Everything that can be said of a source while it is written: whether it can
//! be read, what the lint finds, and whether every document that is made of it
//! is valid.

use fixlead_core::text::Spot;

use crate::format::{Format, Options, build};
use crate::lint::{Insiders, Level, lint};
use crate::source::{self, Advisory};
use crate::validate::validate;

/// Something that is said of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// How much is at stake.
    pub level: Level,
    /// A short name for the rule; `read` where it cannot be read, the name of a
    /// format where a document would be invalid.
    pub rule: String,
    /// The part of the source, `affected/0/range/1/fixed`; empty for the whole.
    pub path: String,
    /// Where that is written, if it is.
    pub spot: Option<Spot>,
    /// What is wrong, and the remedy.
    pub message: String,
}

/// What is said of a source.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What it says, if it can be read.
    pub advisory: Option<Advisory>,
    /// Errors first.
    pub remarks: Vec<Remark>,
}

impl Checked {
    /// Whether it can be read and documents may be made of it.
    pub fn is_sound(&self) -> bool {
        self.advisory.is_some() && self.remarks.iter().all(|remark| remark.level != Level::Error)
    }

    /// Says something more of it, in its place among the rest.
    pub fn say(&mut self, level: Level, rule: &str, path: &str, message: String) {
        let spot = None;
        let at = self.remarks.partition_point(|remark| remark.level <= level);
        let (rule, path) = (rule.to_owned(), path.to_owned());
        self.remarks.insert(at, Remark { level, rule, path, spot, message });
    }

    /// What keeps documents from being made.
    pub fn errors(&self) -> impl Iterator<Item = &Remark> {
        self.remarks.iter().filter(|remark| remark.level == Level::Error)
    }
}

/// Says of a source what can be said.
pub fn check(text: &str, insiders: &Insiders) -> Checked {
    let source = match source::read(text) {
        Ok(source) => source,
        Err(complaints) => {
            let remarks = complaints.into_iter().map(|complaint| Remark {
                level: Level::Error,
                rule: "read".to_owned(),
                path: complaint.path,
                spot: complaint.spot,
                message: complaint.message,
            });
            return Checked { advisory: None, remarks: remarks.collect() };
        }
    };
    let findings = lint(&source.advisory, insiders);
    let sound = findings.iter().all(|finding| finding.level != Level::Error);
    let mut remarks: Vec<Remark> = findings
        .into_iter()
        .map(|finding| {
            let complaint = source.complaint(&finding.path, &finding.message);
            Remark {
                level: finding.level,
                rule: finding.rule.to_owned(),
                path: finding.path,
                spot: complaint.spot,
                message: complaint.message,
            }
        })
        .collect();
    // Of what the lint refuses no document is made.
    if sound {
        for format in Format::ALL {
            invalid(&source.advisory, *format, &mut remarks);
        }
    }
    remarks.sort_by_key(|remark| remark.level);
    Checked { advisory: Some(source.advisory), remarks }
}

/// What would make a document of it invalid.
fn invalid(advisory: &Advisory, format: Format, remarks: &mut Vec<Remark>) {
    let judged = matches!(format, Format::Cve | Format::Osv | Format::Csaf | Format::OpenVex);
    if !judged || (format == Format::Cve && advisory.cve.is_none()) {
        return;
    }
    let mut error = |message: String| {
        let (rule, path) = (format.as_str().to_owned(), String::new());
        remarks.push(Remark { level: Level::Error, rule, path, spot: None, message });
    };
    match build(advisory, format, Options::default()).and_then(|document| validate(&document)) {
        Ok(verdict) => {
            for problem in verdict.errors {
                error(format!(
                    "{} would be invalid at {}: {}",
                    format.file_name(),
                    problem.pointer,
                    problem.message
                ));
            }
        }
        Err(wrong) => error(format!("no {} can be made: {wrong}", format.file_name())),
    }
}
