//! What stands above every page of a case.

use fixlead_app::case::read::View;

/// Which case it is, how it stands, and which of its pages is shown.
pub struct Head {
    pub case: String,
    pub title: String,
    pub state: &'static str,
    /// Whether a public change resembles the fix, and nobody has said what it is.
    pub leaks: bool,
    /// The page, by its name in the menu of the case; none of them for others.
    pub here: &'static str,
}

impl Head {
    /// Of a case as somebody sees it.
    pub fn of(view: &View, here: &'static str) -> Head {
        let about = view.about.as_ref();
        Head {
            case: view.case.to_string(),
            title: about.map(|about| about.title.clone()).unwrap_or_default(),
            state: about.map_or("", |about| about.state),
            leaks: view.standing.as_ref().is_some_and(|standing| standing.leaks),
            here,
        }
    }
}
