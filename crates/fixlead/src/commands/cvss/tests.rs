//! What the command prints, as its users see it.

use super::*;

const WORST: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";

/// The outcome, standard output and messages of `fixlead cvss score`.
fn score(vectors: &[&str], json: bool, input: &[u8]) -> (Outcome, String, String) {
    let command = Command::Score(ScoreArgs {
        vectors: vectors.iter().map(|vector| (*vector).to_owned()).collect(),
        json,
    });
    let (mut out, mut messages) = (Vec::new(), Vec::new());
    let outcome = run(&command, Style::plain(80), input, &mut out, &mut messages).unwrap();
    (outcome, String::from_utf8(out).unwrap(), String::from_utf8(messages).unwrap())
}

#[test]
fn one_vector_is_shown_with_every_score() {
    let (outcome, out, messages) = score(&["CVSS:3.0/AV:L/AC:L/PR:H/UI:N/S:C/C:H/I:H/A:N/CR:L"], false, b"");
    assert_eq!(outcome, Outcome::Done);
    assert_eq!(
        out,
        "\
CVSS:3.0/AV:L/AC:L/PR:H/UI:N/S:C/C:H/I:H/A:N/CR:L
  version        3.0
  base            7.9  high
  temporal          -
  environmental   7.0  high
  note: read as version 3.1 the environmental score is 6.9
"
    );
    assert_eq!(messages, "");

    let (_, out, _) =
        score(&["CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H/E:A"], false, b"");
    assert!(out.ends_with("  version        4.0\n  CVSS-BT        10.0  critical\n"));
}

#[test]
fn several_vectors_stand_in_columns_and_the_unreadable_is_a_message() {
    let (outcome, out, messages) =
        score(&[WORST, "AV:N/AC:L/Au:N/C:C/I:C/A:C/E:U", "nonsense\n"], false, b"");
    assert_eq!(outcome, Outcome::Unreadable);
    assert_eq!(
        out,
        "\
version  score  severity  of        vector
3.1        9.8  critical  base      CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H
2.0        8.5  high      temporal  AV:N/AC:L/Au:N/C:C/I:C/A:C/E:U
"
    );
    assert!(messages.starts_with("fixlead: nonsense\\n: \"nonsense\\n\" begins no vector"));
    assert_eq!(messages.lines().count(), 1);
}

#[test]
fn opinions_stand_side_by_side_and_a_straddle_is_a_warning() {
    let vector = |version: &str| format!("CVSS:{version}/AV:L/AC:L/PR:H/UI:N/S:C/C:H/I:H/A:N/CR:L");
    let other = "CVSS:3.1/AV:N/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N";
    let (_, out, _) = score(&[&vector("3.0"), &vector("3.1"), other], false, b"");
    let notes: Vec<&str> = out.lines().skip_while(|line| !line.starts_with("note")).collect();
    assert_eq!(
        notes,
        [
            "note: the base scores of version 3.1 run from 2.0 to 7.9, on both sides of 4.0",
            "warning: under 4.0 by version 3.1 (2.0), not by version 3.0 (7.0) and version",
            "  3.1 (6.9); under 7.0 by version 3.1 (6.9) and version 3.1 (2.0), not by",
            "  version 3.0 (7.0)",
        ]
    );
}

#[test]
fn json_has_one_object_a_vector_in_the_order_given() {
    let (outcome, out, _) = score(
        &[
            WORST,
            "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H/E:X",
            "a\"b",
            "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N/E:U",
        ],
        true,
        b"",
    );
    assert_eq!(outcome, Outcome::Unreadable);
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(
        lines[0],
        "{\"vector\":\"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H\",\"version\":\"3.1\",\
         \"base\":9.8,\"temporal\":null,\"environmental\":null,\"severity\":\"critical\"}"
    );
    assert_eq!(
        lines[1],
        "{\"vector\":\"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H/E:X\",\
         \"version\":\"4.0\",\"score\":10.0,\"nomenclature\":\"CVSS-B\",\"severity\":\"critical\"}"
    );
    assert!(lines[2].starts_with("{\"vector\":\"a\\\"b\",\"error\":\""));
    assert!(
        lines[3].ends_with("\"base\":0.0,\"temporal\":0.0,\"environmental\":null,\"severity\":\"none\"}")
    );
    for line in lines {
        assert!(line.parse::<serde_json::Value>().unwrap().is_object());
    }
}

#[test]
fn standard_input_is_answered_line_for_line() {
    let long = "x".repeat(5000);
    let input = format!("{WORST}\r\n\nCVSS:3.1/AV:N\n{long}\n\u{1f512}\"\\\n{WORST}");
    let mut input = input.into_bytes();
    input.extend_from_slice(b"\nAV:\xff\n");
    let (outcome, out, messages) = score(&["-"], false, &input);
    assert_eq!(outcome, Outcome::Unreadable);
    let lines: Vec<serde_json::Value> = out.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(lines.len(), 6);
    for (line, readable) in lines.iter().zip([true, false, false, false, true, false]) {
        assert_eq!(line.get("base").is_some(), readable, "{line}");
        assert_eq!(line.get("error").is_some(), !readable, "{line}");
        assert!(line.to_string().len() < 400);
    }
    assert_eq!(lines[0]["vector"], WORST);
    assert_eq!(lines[3]["vector"], "\u{1f512}\"\\");
    assert_eq!(
        messages,
        "fixlead: 4 of 6 lines on standard input could not be read as vectors: see the lines with \"error\"\n"
    );
    assert_eq!(score(&["-"], true, WORST.as_bytes()).0, Outcome::Done);
    assert_eq!(score(&["-"], true, b""), (Outcome::Done, String::new(), String::new()));
}

#[test]
fn an_error_is_readable_whatever_the_text_was() {
    let nasty = "AV:\u{202e}\u{200b}\u{2028}\u{1b}\"\\";
    for json in [false, true] {
        let (_, out, messages) = score(&[nasty], json, b"");
        let told = r#"AV takes no value "\u{202e}\u{200b}\u{2028}\u{1b}\"…""#;
        assert!(messages.contains(told), "{messages}");
        let shown = |text: &str| !text.trim_end().contains(fixlead_core::text::is_harmful);
        assert!(shown(&messages), "{messages}");
        if json {
            let line: serde_json::Value = out.parse().unwrap();
            assert_eq!(line["vector"], nasty);
            let error = line["error"].as_str().unwrap();
            assert!(error.starts_with(told) && shown(error), "{error}");
        }
    }
}

#[test]
fn a_wide_table_gives_each_vector_a_line() {
    let long = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:P/RL:O/RC:C/CR:H/IR:H/AR:H";
    let (_, out, _) = score(&[long, WORST], false, b"");
    assert!(
        out.starts_with(&format!(
            "version  score  severity  of\n3.1        8.8  high      environmental\n  {long}\n"
        )),
        "{out}"
    );
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
}

#[test]
fn standard_input_stands_alone() {
    let (outcome, out, messages) = score(&["-", WORST], true, WORST.as_bytes());
    assert_eq!(outcome, Outcome::Unreadable);
    assert_eq!(out, "");
    assert!(messages.contains("give it alone"));
}

#[test]
fn a_waiting_sender_gets_each_answer_at_once() {
    /// Gives a line only after the answer to the line before has come.
    struct Sender {
        answers: std::rc::Rc<std::cell::RefCell<Vec<u8>>>,
        sent: usize,
    }
    impl Read for Sender {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let answered = self.answers.borrow().iter().filter(|b| **b == b'\n').count();
            assert_eq!(answered, self.sent, "every line sent is answered");
            if self.sent == 3 {
                return Ok(0);
            }
            self.sent += 1;
            // The next line has begun, but must not hold the answer up.
            let line = match self.sent {
                1 => format!("{WORST}\nCVSS:3.1/AV"),
                2 => WORST.replacen("CVSS:3.1/AV", "", 1) + "\n",
                _ => format!("{WORST}\n"),
            };
            buffer[..line.len()].copy_from_slice(line.as_bytes());
            Ok(line.len())
        }
    }
    struct Receiver(std::rc::Rc<std::cell::RefCell<Vec<u8>>>);
    impl Write for Receiver {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let answers = std::rc::Rc::default();
    let sender = Sender { answers: std::rc::Rc::clone(&answers), sent: 0 };
    let command = Command::Score(ScoreArgs { vectors: vec!["-".to_owned()], json: false });
    let outcome = run(&command, Style::plain(80), sender, &mut Receiver(answers), &mut Vec::new()).unwrap();
    assert_eq!(outcome, Outcome::Done);
}
