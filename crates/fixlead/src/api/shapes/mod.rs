//! The shapes of what the API reads and answers, for its description: texts with
//! their bounds, words with their lists, and documents that use cases write.
//!
//! Nothing here is ever made. The vocabularies are those of the core; that the
//! answers have these shapes is what the comparison of `tests/oracle/api.sh`
//! shows, which takes every field for undescribed that does not stand here.

#![allow(dead_code, reason = "these types are described and never made")]

pub mod answers;
pub mod case;
pub mod directory;
pub mod documents;
pub mod event;
pub mod keeping;

use fixlead_app::webhooks::address::MOST_URL;
use fixlead_core::access;
use fixlead_core::case::project::BranchClass;
use fixlead_core::desk::directory::webhook::WebhookEvent;
use fixlead_core::desk::event::{Room, Second, Visibility};
use fixlead_core::desk::form::{Question, Thanks};
use fixlead_core::desk::wire::MOST_LINE;
use serde_json::{Value, json};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{KnownFormat, RefOr, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

/// An id, as its pattern: upper case is read, too.
pub const ID: &str = "^[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}$";

/// What a webhook can ask to be told of; a test needs no asking.
const WEBHOOK_EVENTS: [WebhookEvent; 6] = [
    WebhookEvent::ReportReceived,
    WebhookEvent::CaseUpdated,
    WebhookEvent::CaseReleased,
    WebhookEvent::CaseClosed,
    WebhookEvent::DutyDueSoon,
    WebhookEvent::DutyOverdue,
];

/// One plain line: something besides blanks, and nothing that a terminal obeys
/// or that turns the reading direction round.
const PLAIN: &str = concat!(
    r"^[^\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb]*",
    r"[^\s\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb]",
    r"[^\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb]*$"
);

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

macro_rules! texts {
    ($($name:ident, $about:literal, $example:literal, $bound:expr;)+) => {$(
        #[doc = $about]
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let bound: fn(ObjectBuilder) -> ObjectBuilder = $bound;
                let text = text().description(Some($about)).examples([json!($example)]);
                RefOr::T(Schema::Object(bound(text).build()))
            }
        }

        impl ToSchema for $name {}
    )+};
}

texts! {
    Id, "What something is named by: 26 letters of Crockford's base32.", "2p8k4d0w9x7r6t5s3v1mzh8gqy",
        |text| text.pattern(Some(ID));
    Moment, "An instant (RFC 3339), to a millisecond, from 1970 on; answers are in UTC.", "2027-01-15T16:00:00Z",
        |text| text.format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
    Day, "A day of the calendar, in UTC.", "2026-11-20",
        |text| text.format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)));
    InstantOrDay, "An instant, or the day where no more is known.", "2026-02-20",
        |text| text.pattern(Some(r"^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,3})?Z)?$"));
    Length, "A span (ISO 8601); a day is 24 hours, and a negative one begins with `-`.", "P1DT2H30M",
        |text| text.pattern(Some("^-?P[0-9DTHMS.]+$"));
    Line, "One plain line, without control or direction characters.", "the parser reads past the end",
        |text| text.min_length(Some(1)).max_length(Some(MOST_LINE)).pattern(Some(PLAIN));
    Text, "Markdown, kept as it came: at most 256 KiB, and not blank.", "Steps to reproduce: …",
        |text| text.min_length(Some(1)).pattern(Some(r"\S"));
    MessageName, "A message to a webhook, as the receiver sees it in `webhook-id`.", "msg_2p8k4d0w9x7r6t5s3v1mzh8gqy",
        |text| text.pattern(Some("^msg_[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}$"));
    WebhookSecret, "What signs messages to a webhook, as Standard Webhooks has it.",
        "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        |text| text.pattern(Some("^whsec_[A-Za-z0-9+/]{43}=$"));
    WebhookUrl, "Where a webhook is: an address outside, without name and password in it.", "https://hooks.example.org/fixlead",
        |text| text.max_length(Some(MOST_URL)).pattern(Some("^[Hh][Tt][Tt][Pp][Ss]?://[!-~]+$"));
    Bytes16, "An installation's random id: 16 bytes, in hexadecimal.", "00112233445566778899aabbccddeeff",
        |text| text.pattern(Some("^[0-9a-fA-F]{32}$"));
    Bytes32, "A hash or a public key: 32 bytes, in hexadecimal.",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        |text| text.pattern(Some("^[0-9a-fA-F]{64}$"));
    Bytes64, "A signature: 64 bytes, in hexadecimal.",
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
        |text| text.pattern(Some("^[0-9a-fA-F]{128}$"));
    Sha256, "A SHA-256, in hexadecimal.",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        |text| text.pattern(Some("^[0-9a-f]{64}$"));
}

macro_rules! words {
    ($($name:ident, $about:literal, $known:expr;)+) => {$(
        #[doc = $about]
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let known = $known.iter().map(|word| word.name());
                RefOr::T(Schema::Object(text().description(Some($about)).enum_values(Some(known)).build()))
            }
        }

        impl ToSchema for $name {}
    )+};
}

words! {
    RoleName, "What somebody is to a case or a project.", access::Role::ALL;
    StandingName, "Whether somebody may act at all.", access::Standing::ALL;
    BreadthName, "How wide a role reaches.", access::Breadth::ALL;
    TokenScopeName, "What a token is for.", access::TokenScope::ALL;
    ActionName, "Something that is allowed or not.", access::Action::ALL;
    StateName, "Whether a case is embargoed, public or closed.", access::CaseState::ALL;
    RoomName, "Who talks in it: the team, the team with the reporter, or with guests.", Room::ALL;
    VisibilityName, "Whether everybody can read it already.", Visibility::ALL;
    QuestionName, "Something that a form can ask.", Question::ALL;
    ThanksName, "How a reporter wants to be thanked.", Thanks::ALL;
    SecondName, "What a second person has to confirm.", Second::ALL;
    WebhookEventName, "What a webhook is told of.", WEBHOOK_EVENTS;
    WebhookToldName, "What a message tells of.", WebhookEvent::ALL;
    BranchClassName, "What a branch is to its users.", BranchClass::ALL;
}

/// A shape that is written as JSON Schema, under its name: what the types of
/// the description cannot say.
pub fn written() -> Vec<(&'static str, Value)> {
    let one =
        |key: &str| json!({ "type": "object", "required": [key], "properties": { key: reference("Id") } });
    let row = |items: Vec<Value>| {
        let count = items.len();
        json!({ "type": "array", "prefixItems": items, "items": false, "minItems": count, "maxItems": count })
    };
    let mut written = vec![
        (
            "ReachName",
            described(
                "Where a role or a token counts.",
                json!({ "anyOf": [
                    { "type": "string", "enum": ["installation"] }, one("organisation"), one("project"),
                ] }),
            ),
        ),
        ("ShelfName", described("Which cases.", json!({ "type": "string", "enum": ["open", "closed"] }))),
        (
            "WhoseName",
            described("Whose cases.", json!({ "type": "string", "enum": ["all", "mine", "nobodys"] })),
        ),
        (
            "OrderName",
            described("What stands first.", json!({ "type": "string", "enum": ["fit", "latest"] })),
        ),
        ("Days", described("A first and a last day, both included.", row(vec![reference("Day"); 2]))),
        (
            "Turns",
            described(
                "How the role of Fix Lead goes round: case by case, or by weeks from a Monday on.",
                json!({ "anyOf": [
                    { "type": "string", "enum": ["round-robin"] },
                    { "type": "object", "required": ["weekly"], "properties": { "weekly": reference("Day") } },
                ] }),
            ),
        ),
        (
            "Absorbed",
            described(
                "A case that was merged into another, and when it was reported.",
                row(vec![reference("Id"), reference("Moment")]),
            ),
        ),
        ("Handoff", described("An offer of the lead, and to whom.", row(vec![reference("Id"); 2]))),
        (
            "Waiting",
            described("An offer, and what it is for.", row(vec![reference("Id"), reference("SecondName")])),
        ),
        (
            "Restriction",
            described(
                "When standing roles reached a case no more (true), or did again.",
                row(vec![reference("Moment"), json!({ "type": "boolean" })]),
            ),
        ),
        (
            "Wrote",
            described(
                "When somebody first and last wrote something, and how often.",
                row(vec![
                    reference("Moment"),
                    reference("Moment"),
                    json!({ "type": "integer", "minimum": 1 }),
                ]),
            ),
        ),
    ];
    written.extend(event::written());
    written
}

macro_rules! written {
    ($($name:ident)+) => {$(
        #[doc = "Written as JSON Schema, below."]
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                RefOr::T(Schema::Object(ObjectBuilder::new().build()))
            }
        }

        impl ToSchema for $name {}
    )+};
}

written! { ReachName ShelfName WhoseName OrderName Days Turns Absorbed Handoff Waiting Restriction Wrote CaseEvent TimelineEvent NewEvent }

/// What else is true of a shape: of the fields named, exactly one is a text.
pub const ONE_OF: &[(&str, [&str; 2])] =
    &[("SignIn", ["code", "recovery_code"]), ("StepUp", ["code", "recovery_code"])];

fn described(about: &str, mut shape: Value) -> Value {
    if let Some(shape) = shape.as_object_mut() {
        shape.insert("description".to_owned(), json!(about));
    }
    shape
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}
