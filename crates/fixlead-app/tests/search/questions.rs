//! What is found, and how questions are read.

use fixlead_app::search::query::{MOST_PIECES, Problem};
use fixlead_app::search::snippet::{excerpt, places};
use fixlead_app::search::{Field, Index, Order, Page, Query, Room, Sight};

use crate::{KEY, all, at, case, found, query};

/// Four cases of a collector.
fn desk() -> Index {
    let mut index = Index::new(KEY);
    let texts = [
        (1, Field::Title, "Decompression bomb in confighttp"),
        (
            1,
            Field::Report,
            "A gzip body of 10 kB becomes 10 GB in `config/confighttp`, since v0.96.0. See readConfig().",
        ),
        (1, Field::Alias, "CVE-2024-36129"),
        (1, Field::People, "Ana Müller"),
        (2, Field::Title, "Open redirect in the gateway"),
        (
            2,
            Field::Message(Room::Team),
            "The same person as for the bomb. Uses OpenSSL 3.0.7, commit 5f2b8e09c4d1.",
        ),
        (2, Field::People, "ana@example.org"),
        (3, Field::Title, "Heap overflow"),
        (3, Field::Report, "overflow of the heap in go.opentelemetry.io/collector/config/confighttp"),
        (3, Field::Attachment(Room::Reporter), "poc_read_config.tar.gz"),
        (4, Field::Title, "漏洞报告: путь к файлу"),
    ];
    for (number, field, text) in texts {
        let taken = index.add(case(number), field, text, at(i64::from(number)));
        assert!(taken.words > 0 && !taken.cut);
    }
    index
}

#[test]
fn all_words_are_wanted_anywhere_in_a_case() {
    let index = desk();
    assert_eq!(found(&index, "bomb"), [1, 2], "a title says more than a message");
    assert_eq!(found(&index, "bomb gzip"), [1]);
    assert_eq!(found(&index, "BOMB -gzip"), [2]);
    assert_eq!(found(&index, "bomb redirect gzip"), [] as [u8; 0]);
    assert_eq!(found(&index, "-bomb"), [4, 3], "what is only excluded stands by time");
}

#[test]
fn a_phrase_is_found_within_one_text_only() {
    let index = desk();
    assert_eq!(found(&index, "\"heap overflow\""), [3]);
    assert_eq!(found(&index, "“heap overflow”"), [3], "as a word processor quotes");
    assert_eq!(found(&index, "\"overflow overflow\""), [] as [u8; 0], "title and report do not touch");
    assert_eq!(found(&index, "\"overflow of the heap\""), [3]);
    assert_eq!(found(&index, "-\"open redirect\" ana"), [1]);
}

#[test]
fn paths_versions_numbers_and_identifiers_are_found_as_people_write_them() {
    let index = desk();
    let mut both = found(&index, "config/confighttp");
    both.sort_unstable();
    assert_eq!(both, [1, 3]);
    assert_eq!(found(&index, "v0.96.0"), [1]);
    assert_eq!(found(&index, "0.96.*"), [1]);
    assert_eq!(found(&index, "0.9"), [] as [u8; 0], "a version is one word");
    assert_eq!(found(&index, "readconfig"), [1]);
    assert_eq!(found(&index, "readConfig"), [1]);
    let mut parts = found(&index, "read config");
    parts.sort_unstable();
    assert_eq!(parts, [1, 3]);
    assert_eq!(found(&index, "read_config"), [1, 3]);
    assert_eq!(found(&index, "openssl"), [2], "a name in mixed case is found in small letters");
    assert_eq!(found(&index, "\"uses openssl 3.0.7\""), [2]);
    assert_eq!(found(&index, "\"uses open ssl\""), [2]);
    assert_eq!(found(&index, "cve-2024-36129"), [1]);
    assert_eq!(found(&index, "cve:2024-36129"), [1]);
    assert_eq!(found(&index, "cve:CVE-2024-*"), [1]);
    assert_eq!(found(&index, "cve:2024*"), [1]);
    assert_eq!(found(&index, "5f2b8e09*"), [2]);
    assert_eq!(found(&index, "10"), [1]);
}

#[test]
fn a_field_is_asked_by_its_name() {
    let index = desk();
    assert_eq!(found(&index, "people:ana"), [2, 1]);
    assert_eq!(found(&index, "people:bomb"), [] as [u8; 0]);
    assert_eq!(found(&index, "title:confighttp"), [1]);
    assert_eq!(found(&index, "-title:confighttp confighttp"), [3]);
    assert_eq!(found(&index, "Title:\"open redirect\""), [2]);
    assert_eq!(found(&index, "attachment:tar.gz"), [3]);
    assert_eq!(found(&index, "message:bomb"), [2]);
    assert_eq!(found(&index, "people:müller"), [1]);
    assert_eq!(found(&index, "people:MU\u{308}LLER"), [1]);
}

#[test]
fn scripts_without_spaces_are_searched_letter_by_letter() {
    let index = desk();
    assert_eq!(found(&index, "漏洞"), [4]);
    assert_eq!(found(&index, "洞报"), [4]);
    assert_eq!(found(&index, "报洞"), [] as [u8; 0]);
    assert_eq!(found(&index, "ПУТЬ"), [4]);
}

#[test]
fn letters_without_width_hide_nothing() {
    let mut index = Index::new(KEY);
    index.add(case(1), Field::Title, "pass\u{200b}wo\u{ad}rd \u{202e}ｌｏｇｉｎ ﬁle STRAßE Σίσυφος", at(1));
    for word in ["password", "login", "file", "strasse", "ΣΊΣΥΦΟΣ", "pa\u{2060}ssword"] {
        assert_eq!(found(&index, word), [1], "{word}");
    }
}

#[test]
fn equal_fits_stand_by_time_and_pages_follow_each_other() {
    let mut index = Index::new(KEY);
    for number in 0..50_u8 {
        index.add(case(number), Field::Title, "same", at(i64::from(number % 10)));
    }
    let page = |order, skip, most| {
        let found =
            index.search(&query("same"), &Page { order, skip, most }, index.sights_of(|_| Sight::EVERYTHING));
        assert_eq!(found.total, 50);
        found.hits.iter().map(|hit| hit.case.bytes()[0]).collect::<Vec<_>>()
    };
    let whole = page(Order::Fit, 0, 100);
    assert_eq!(&whole[..6], [9, 19, 29, 39, 49, 8]);
    assert_eq!(whole, page(Order::Latest, 0, 100));
    let pages: Vec<u8> = (0..5).flat_map(|number| page(Order::Fit, number * 10, 10)).collect();
    assert_eq!(pages, whole);
    assert_eq!(page(Order::Fit, 45, 10).len(), 5);
    assert_eq!(page(Order::Fit, usize::MAX, usize::MAX), [] as [u8; 0]);
}

#[test]
fn a_replaced_text_is_gone_and_the_others_stay() {
    let mut index = desk();
    index.replace(case(1), Field::Title, &["Memory is exhausted"], at(9));
    assert_eq!(found(&index, "decompression"), [] as [u8; 0]);
    assert_eq!(found(&index, "exhausted gzip"), [1]);
    index.replace(case(1), Field::Report, &[], at(9));
    assert_eq!(found(&index, "gzip"), [] as [u8; 0]);
    assert_eq!(found(&index, "exhausted"), [1]);
    index.replace(case(4), Field::Title, &[], at(9));
    assert!(!index.holds(case(4)), "a case without texts is not held");
    let before = index.size();
    index.tidy();
    assert_eq!(index.size(), before);
    assert_eq!(found(&index, "exhausted"), [1]);
}

#[test]
fn properties_that_the_caller_knows_are_handed_over() {
    let asked = query("bomb is:open -is:public");
    let flags: Vec<_> = asked.flags().iter().map(|flag| (flag.value.as_str(), flag.negated)).collect();
    assert_eq!(flags, [("open", false), ("public", true)]);
    assert_eq!(found(&desk(), "is:open"), [4, 3, 2, 1], "with nothing else asked, all of them");
}

#[test]
fn what_is_wrong_with_a_question_is_said_with_its_place_and_a_remedy() {
    let wrong = |text: &str| {
        let error = Query::parse(text).expect_err(text);
        let said = error.to_string();
        assert!(said.starts_with(&format!("character {}: ", error.character)), "{said}");
        (error.character, error.problem)
    };
    assert_eq!(wrong(""), (1, Problem::Empty));
    assert_eq!(wrong("  \t"), (1, Problem::Empty));
    assert_eq!(wrong("heap \"over flow"), (6, Problem::OpenQuote));
    assert_eq!(wrong("ü peeple:ana"), (3, Problem::UnknownField));
    assert_eq!(wrong("people: ana"), (1, Problem::EmptyField));
    assert_eq!(wrong("heap -- flow"), (6, Problem::NoWord));
    assert_eq!(wrong("heap a*"), (6, Problem::ShortPrefix));
    assert_eq!(wrong("he*ap"), (3, Problem::Star));
    assert_eq!(wrong("*"), (1, Problem::ShortPrefix));
    assert_eq!(wrong("is:a=b"), (4, Problem::Flag));
    assert_eq!(wrong(&"word ".repeat(MOST_PIECES + 1)), (5 * MOST_PIECES + 1, Problem::TooManyPieces));
    assert_eq!(wrong("aa* bb* cc*"), (9, Problem::TooManyPrefixes));
    assert_eq!(wrong(&"a/".repeat(40)), (1, Problem::TooManyWords));
    assert_eq!(wrong(&"ä".repeat(400)), (257, Problem::TooLong));
    assert_eq!(
        Query::parse("nam:x").unwrap_err().to_string(),
        "character 1: there is no such field; there are title, report, message, people, component, cve, alias, \
         attachment, and is. To look for the text itself, put it in quotes"
    );
    for fine in
        ["std::string", "https://example.org/a", "sha256:00ff", "\"nam:x\"", "-\"a b\"", "CVE-2024-1*"]
    {
        query(fine);
    }
}

#[test]
fn the_places_of_what_is_looked_for_are_marked() {
    let marked = |asked: &str, text: &str| {
        let places = places(&query(asked), Field::Report, text);
        places.into_iter().map(|place| text[place].to_owned()).collect::<Vec<_>>()
    };
    let text = "The heap: Überlauf in readConfig of OpenSSL 3.0.7, heap overflow. Heap\u{200b}s";
    assert_eq!(marked("heap", text), ["heap", "heap"]);
    assert_eq!(marked("heap*", text), ["heap", "heap", "Heap\u{200b}s"]);
    assert_eq!(marked("\"heap overflow\" überlauf", text), ["Überlauf", "heap overflow"]);
    assert_eq!(marked("readconfig config", text), ["readConfig"]);
    assert_eq!(marked("\"of openssl 3.0.7\"", text), ["of OpenSSL 3.0.7"]);
    assert_eq!(marked("title:heap -overflow the", text), ["The"]);
    let long = ["word ".repeat(200), "needle in the heap ".to_owned(), "word ".repeat(200)].concat();
    let places = places(&query("needle heap"), Field::Report, &long);
    let part = &long[excerpt(&long, &places, 100)];
    assert!(part.len() <= 100 && part.contains("needle in the heap") && part.starts_with("word"), "{part}");
    assert_eq!(excerpt("short", &[], 100), 0..5);
    assert!(excerpt(&"ä".repeat(100), &[], 33).end <= 33);
}

#[test]
fn scores_say_how_rare_a_word_is_and_where_it_stands() {
    let mut index = Index::new(KEY);
    for number in 0..100_u8 {
        index.add(case(number), Field::Message(Room::Team), "common", at(1));
    }
    index.add(case(7), Field::Message(Room::Team), "rare", at(1));
    index.add(case(8), Field::Title, "common", at(1));
    let score = |text: &str, number: u8| {
        let found = all(&index, text, |_| Sight::EVERYTHING);
        found.hits.iter().find(|hit| hit.case == case(number)).unwrap().score
    };
    // log2(1 + 101 / 1.5) is 6 and, on the straight line to 7, 17/256. Of this a
    // message has 2 parts of 2 + 8, which is 51/256.
    assert_eq!(score("rare", 7), (6 * 256 + 17) * 51 / 256);
    assert!(score("common", 8) > score("common", 7));
    assert!(score("rare", 7) > 5 * score("common", 7));
}

#[test]
fn beginnings_are_found_among_many_words_that_come_and_go() {
    let mut index = Index::new(KEY);
    let word = |number: u32| format!("w{:07}", number.wrapping_mul(2_654_435_761) % 10_000_000);
    let text = |case: u8| (0..100).map(|place| word(u32::from(case) * 100 + place) + " ").collect::<String>();
    for number in 0..200 {
        index.add(case(number), Field::Report, &text(number), at(1));
    }
    let check = |index: &Index, least: u8| {
        for beginning in ["w0", "w12", "w345", "w9", "w99", "w5000", "w"] {
            let holds = |number: &u8| text(*number).split(' ').any(|word| word.starts_with(beginning));
            let expected: Vec<u8> = (least..200).filter(holds).collect();
            let mut hits = match beginning {
                "w" => found(index, "-nothing"),
                _ => found(index, &format!("{beginning}*")),
            };
            hits.sort_unstable();
            assert_eq!(hits, expected, "{beginning}");
        }
    };
    check(&index, 0);
    for number in 0..150 {
        index.remove(case(number));
    }
    check(&index, 150);
    for number in (0..150).rev() {
        index.add(case(number), Field::Report, &text(number), at(1));
    }
    check(&index, 0);
}
