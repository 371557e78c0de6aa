//! What everybody may read of a desk: where to report, security.txt, the policy.

use crate::house::{Answer, House};

fn read(house: &House, path: &str) -> Answer {
    house.get("", path)
}

#[test]
fn a_stranger_finds_the_form_the_promises_and_a_security_txt() {
    let house = House::set_up(
        "publicity",
        "onion-url = \"http://expyuzz4wqqyqhjn.onion\"\n\
         security-txt.contact = [\"mailto:security@example.org\"]\nsecurity-txt.languages = [\"en\", \"de\"]\n",
    );
    let front = read(&house, "/report").is(200);
    assert!(front.text.contains("No project takes reports here yet"), "{}", front.text);
    let (_, team) = house.with_team();

    // With one project the address of all reports is its form.
    let form = read(&house, "/report").is(200);
    assert!(form.text.contains(&format!("action=\"/projects/{}/report\"", team.project)), "{}", form.text);
    assert_eq!(form.header("onion-location"), Some("http://expyuzz4wqqyqhjn.onion/report"));

    let file = read(&house, "/.well-known/security.txt").is(200);
    assert_eq!(file.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(file.header("onion-location"), None, "only pages lead to the onion service");
    let text = file.text;
    for line in [
        "Contact: mailto:security@example.org",
        "Preferred-Languages: en, de",
        "/.well-known/security.txt",
        "/report",
        &format!("/projects/{}/policy", team.project),
    ] {
        assert!(text.lines().any(|written| written.ends_with(line)), "{line} in {text}");
    }

    let policy = read(&house, &format!("/projects/{}/policy", team.project)).is(200);
    assert!(policy.text.contains("<h2>Timelines</h2>") && policy.text.contains("OT-29"));
    let markdown = read(&house, &format!("/projects/{}/SECURITY.md", team.project)).is(200);
    assert_eq!(markdown.header("content-type"), Some("text/markdown; charset=utf-8"));
    let form = format!("/projects/{}/report.", team.project);
    assert!(markdown.text.contains(&form), "{}", markdown.text);
    read(&house, "/projects/00000000-0000-4000-8000-000000000000/policy").is(404);
}
