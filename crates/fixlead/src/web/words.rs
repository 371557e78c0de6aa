//! Instants, spans and names of the field, as people read them.

use std::collections::BTreeMap;

use fixlead_core::case::EventKind;
use fixlead_core::id::PersonId;
use fixlead_core::plan::duties::State;
use fixlead_core::time::{Instant, Span, When, format_day};

use super::zone;

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// An instant on a page. The script adds the reader's own zone beside it.
#[derive(Clone, PartialEq)]
pub struct Moment {
    /// As machines read it (RFC 3339).
    pub iso: String,
    /// As people read it, in UTC, and beside it in the zone they have said.
    pub text: String,
    /// How far away it is.
    pub away: String,
    /// Whether it has passed.
    pub past: bool,
}

fn date(at: Instant) -> String {
    let day = format_day(at.day());
    let mut parts = day.split('-');
    let year = parts.next().unwrap_or_default();
    let month = parts.next().and_then(|month| month.parse::<usize>().ok()).unwrap_or(1);
    let of_month = parts.next().unwrap_or_default().trim_start_matches('0');
    let weekday = WEEKDAYS.get(at.weekday()).copied().unwrap_or_default();
    let month = MONTHS.get(month.saturating_sub(1)).copied().unwrap_or_default();
    format!("{weekday} {of_month} {month} {year}")
}

impl Moment {
    /// An instant, seen from another.
    pub fn new(at: Instant, now: Instant) -> Moment {
        let minutes = at.time_of_day().millis() / 60_000;
        let mut text = format!("{}, {:02}:{:02} UTC", date(at), minutes / 60, minutes % 60);
        if let Some(here) = zone::here(at) {
            text.push_str(" · ");
            text.push_str(&here);
        }
        Moment { iso: at.to_string(), text, away: away(at, now), past: at <= now }
    }

    /// An instant of which perhaps only the day is known.
    pub fn of(when: When, now: Instant) -> Moment {
        let (first, last) = (when.first(), when.last());
        if first == last {
            return Moment::new(first, now);
        }
        Moment {
            iso: format_day(first.day()),
            text: format!("{} (the hour is not known)", date(first)),
            away: away(first, now),
            past: last <= now,
        }
    }
}

/// What somebody is called whom nobody here knows.
pub const OUTSIDER: &str = "somebody from outside";

/// What somebody is called.
pub fn called(names: &BTreeMap<PersonId, String>, person: PersonId) -> String {
    names.get(&person).cloned().unwrap_or_else(|| OUTSIDER.to_owned())
}

fn away(at: Instant, now: Instant) -> String {
    if at > now { format!("in {}", span(at - now)) } else { format!("{} ago", span(now - at)) }
}

/// A span in its two largest units.
pub fn span(span: Span) -> String {
    let minutes = span.millis().abs() / 60_000;
    let (days, hours, rest) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    match (days, hours, rest) {
        (0, 0, 0) => "less than a minute".to_owned(),
        (0, 0, rest) => format!("{rest} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, rest) => format!("{hours} h {rest} min"),
        (days, 0, _) => format!("{days} d"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

/// A sentence of the engine with its instants and spans as people read them.
pub fn sentence(text: &str) -> String {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | ':' | '.');
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_part) {
        let (before, word) = rest.split_at(start);
        let end = word.find(|letter| !is_part(letter)).unwrap_or(word.len());
        // A full stop ends the sentence and not the word.
        let end = word[..end].trim_end_matches(['.', ':']).len().max(1);
        out.push_str(before);
        let word_text = &word[..end];
        // Most words are neither, and an error takes longer to make than a word to read.
        let first = word_text.as_bytes().first().copied().unwrap_or_default();
        let at = if first.is_ascii_digit() { Instant::parse(word_text).ok() } else { None };
        let length = if first == b'P' { Span::parse(word_text).ok() } else { None };
        match (at, length) {
            (Some(at), _) => out.push_str(&Moment::new(at, at).text),
            // 24 hours stay 24 hours, as the document says them.
            (None, Some(length)) => out.push_str(&hours(word_text).unwrap_or_else(|| span(length))),
            (None, None) => out.push_str(word_text),
        }
        rest = &word[end..];
    }
    out.push_str(rest);
    out
}

/// A sentence of a policy with its spans as people say them: 7 days, 24 hours.
pub fn spoken(text: &str) -> String {
    let count = |digits: &str, unit: &str| {
        let whole = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
        let many = if digits == "1" { "" } else { "s" };
        whole.then(|| format!("{digits} {unit}{many}"))
    };
    let word = |word: &str| {
        let bare = word.trim_end_matches([',', '.', ';', ':']);
        let said = match (bare.strip_prefix("PT"), bare.strip_prefix('P')) {
            (Some(rest), _) => rest.strip_suffix('H').and_then(|hours| count(hours, "hour")),
            (None, Some(rest)) => rest.strip_suffix('D').and_then(|days| count(days, "day")),
            _ => None,
        };
        said.map_or_else(|| word.to_owned(), |said| said + &word[bare.len()..])
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// A span that is written in hours alone.
fn hours(text: &str) -> Option<String> {
    let count = text.strip_prefix("PT")?.strip_suffix('H')?;
    count.bytes().all(|digit| digit.is_ascii_digit()).then(|| format!("{count} h"))
}

/// How a duty stands, in a word or two.
pub fn state(state: State) -> &'static str {
    match state {
        State::Met => "done in time",
        State::Late => "done late",
        State::Open => "open",
        State::Overdue => "overdue",
        State::Missed => "missed",
        State::Excused => "excused",
        State::Waived => "waived",
        State::Held => "held",
        State::Indeterminate => "not decidable",
        State::NotApplicable => "does not apply",
    }
}

/// Which colour a duty has.
pub fn tone(state: State) -> &'static str {
    match state {
        State::Met | State::Excused | State::Waived => "good",
        State::Late | State::Held | State::Indeterminate => "care",
        State::Overdue | State::Missed => "bad",
        State::Open => "open",
        State::NotApplicable => "quiet",
    }
}

/// What happened, or is to be recorded, in a few words.
pub fn happening(kind: EventKind) -> String {
    let text = match kind {
        EventKind::FixLeadAssigned => "Fix Lead assigned",
        EventKind::FixLeadVolunteered => "Fix Lead volunteered",
        EventKind::FixLeadHandedOff => "lead handed over",
        EventKind::FixLeadAccepted => "lead accepted",
        EventKind::FixTeamAdded => "Fix Team gathered",
        EventKind::FixTeamRevoked => "Fix Team let go",
        EventKind::OverviewSent => "overview of the process sent",
        EventKind::AffectedSet => "affected branches",
        EventKind::CveAssigned => "CVE id assigned",
        EventKind::CvePublished => "CVE record published",
        EventKind::CveRejected => "CVE id rejected",
        EventKind::Lgtm => "LGTM given",
        EventKind::SlowdownDiscussed => "slow-down discussed",
        EventKind::SlowdownDecided => "slow-down decided",
        EventKind::SemipublicDetermined => "harm of working in the open weighed",
        EventKind::SemipublicDecided => "semi-public work decided",
        EventKind::EarlyWarningDecided => "early warning decided",
        EventKind::ExceptionExtreme => "exception for extreme circumstances",
        EventKind::CommsPlanned => "communication planned",
        EventKind::UpstreamTimeline => "upstream date agreed",
        EventKind::NoticeForthcoming => "forthcoming fix announced",
        EventKind::NoticeAdvance => "advance notice sent",
        EventKind::NoticePrerelease => "pre-release notice sent",
        EventKind::NoticeCorrection => "correction sent",
        EventKind::NoticeChannel => "notice in a channel",
        EventKind::LeakKnown => "leak known",
        EventKind::PatchDiffers => "patch differs from what was sent",
        EventKind::Approved => "release-day pull requests approved",
        EventKind::RetroSent => "retrospective sent",
        EventKind::ListPosted => "posted to a list",
        EventKind::CraEarlyWarning => "CRA early warning given",
        EventKind::CraNotification => "CRA notification given",
        EventKind::CraFinal => "CRA final report given",
        other => return name(other.name()),
    };
    text.to_owned()
}

/// A name of files as words: `fix-lead` and `notice.advance` without marks.
pub fn name(name: &str) -> String {
    name.replace(['-', '.', '_'], " ")
}

#[cfg(test)]
mod tests {
    use super::{Moment, span};
    use fixlead_core::time::{Instant, Span};

    #[test]
    fn instants_and_spans_in_a_sentence_are_written_out() {
        let text =
            "disclosure 2026-11-23T00:37:17.779Z + PT24H; held until 2026-11-24T00:00:00Z. A POST stays";
        let expected = "disclosure Mon 23 Nov 2026, 00:37 UTC + 24 h; held until Tue 24 Nov 2026, 00:00 UTC. A POST stays";
        assert_eq!(super::sentence(text), expected);
        assert_eq!(super::sentence("P7D…"), "7 d…");
        let said = super::spoken("Within P7D, or PT24H of a P1D notice; a POST, P, PT and PxD stay.");
        assert_eq!(said, "Within 7 days, or 24 hours of a 1 day notice; a POST, P, PT and PxD stay.");
    }

    #[test]
    fn an_instant_says_day_hour_zone_and_how_far() {
        let at = Instant::parse("2027-01-22T16:05:00Z").unwrap_or(Instant::EPOCH);
        let moment = Moment::new(at, at - Span::hours(27));
        assert_eq!(moment.text, "Fri 22 Jan 2027, 16:05 UTC");
        assert_eq!(moment.away, "in 1 d 3 h");
        assert!(!moment.past);
        assert_eq!(span(Span::minutes(61)), "1 h 1 min");
    }
}
