//! What one may not see has no influence on what one finds.

use fixlead_app::search::{Field, Index, Order, Page, Room, Sight};
use proptest::prelude::*;

use crate::model::{Model, Step, Want, apply, fields, steps, wants};
use crate::{KEY, all, at, case, query};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn an_answer_is_that_of_an_index_without_the_invisible_texts(
        steps in steps(),
        questions in prop::collection::vec(wants(), 6),
        sights in prop::collection::vec(prop::collection::vec(fields(), 0..5), 12),
    ) {
        let sight = |number: u8| Sight::of(sights[usize::from(number)].iter().copied());
        let (mut whole, mut model) = (Index::new(KEY), Model::new());
        for step in &steps {
            apply(&mut whole, &mut model, step);
        }
        // The other index never heard of anything invisible.
        let mut visible = Index::new([7; 16]);
        let mut ignored = Model::new();
        for (number, texts) in &model {
            for (field, text, second) in texts.iter().filter(|(field, ..)| sight(*number).sees(*field)) {
                apply(&mut visible, &mut ignored, &Step::Add(*number, *field, text.clone(), *second));
            }
        }
        for wants in &questions {
            let asked = query(&wants.iter().map(Want::text).collect::<Vec<_>>().join(" "));
            for order in [Order::Fit, Order::Latest] {
                for (skip, most) in [(0, 100), (1, 2)] {
                    let page = Page { order, skip, most };
                    let here = whole.search(&asked, &page, whole.sights_of(|id| sight(id.bytes()[0])));
                    let there = visible.search(&asked, &page, visible.sights_of(|_| Sight::EVERYTHING));
                    prop_assert_eq!(here, there, "{:?}", asked);
                }
            }
        }
    }
}

#[test]
fn a_guest_learns_nothing_from_the_other_rooms() {
    let mut index = Index::new(KEY);
    for number in 1..=3 {
        index.add(case(number), Field::Message(Room::Guest), "please test the gateway build", at(1));
    }
    let guest = |_| Sight::NOTHING.with(Field::Message(Room::Guest));
    let before = all(&index, "gateway -exploited", guest);
    assert_eq!(before.total, 3);
    index.add(case(2), Field::Message(Room::Team), "the gateway is exploited, gateway gateway", at(9));
    index.add(case(3), Field::Title, "gateway", at(9));
    for number in 10..200 {
        index.add(case(number), Field::Message(Room::Team), "gateway", at(9));
    }
    assert_eq!(all(&index, "gateway -exploited", guest), before);
    assert_eq!(all(&index, "exploited", guest).total, 0);
    assert_eq!(all(&index, "exploit*", guest).total, 0);
    assert_eq!(all(&index, "\"gateway is exploited\"", guest).total, 0);
    assert_eq!(all(&index, "title:gateway", guest).total, 0);
    assert_eq!(all(&index, "is:open", guest), all(&index, "-nothing", guest));
    assert_eq!(all(&index, "gateway", |_| Sight::EVERYTHING).total, 193);
}

#[test]
fn sight_is_asked_for_every_case_whatever_matches() {
    let mut index = Index::new(KEY);
    for number in 0..20 {
        index.add(case(number), Field::Title, if number == 3 { "needle" } else { "hay" }, at(1));
    }
    for text in ["needle", "hay", "nothing", "\"hay needle\"", "-hay"] {
        let asked = std::cell::Cell::new(0);
        all(&index, text, |_| {
            asked.set(asked.get() + 1);
            Sight::EVERYTHING
        });
        assert_eq!(asked.get(), 20, "{text}");
    }
}

#[test]
fn a_sight_is_made_of_fields() {
    assert!(Field::ALL.into_iter().all(|field| Sight::EVERYTHING.sees(field) && !Sight::NOTHING.sees(field)));
    let people = Sight::of([Field::People, Field::Title]);
    let seen: Vec<Field> = Field::ALL.into_iter().filter(|field| people.sees(*field)).collect();
    assert_eq!(seen, [Field::Title, Field::People]);
    assert_eq!(people.and(Sight::NOTHING.with(Field::People)), Sight::of([Field::People]));
}
