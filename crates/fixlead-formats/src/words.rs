//! Closed lists of words: an enum whose values are written in one way.

/// Makes an enum with its words, `ALL` of them, `as_str`, and a `parse` that
/// names the nearest word when it is none of them.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $what:literal: $($(#[$value_doc:meta])* $value:ident = $word:literal),+ $(,)?) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$value_doc])* $value),+
        }

        impl $name {
            /// All of them, in the order of the list.
            pub const ALL: &'static [$name] = &[$($name::$value),+];

            /// The word.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($name::$value => $word),+
                }
            }

            /// The one of this word.
            ///
            /// # Errors
            /// What the word should have been.
            pub fn parse(text: &str) -> Result<Self, String> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text).ok_or_else(|| {
                    let known = Self::ALL.iter().map(|value| value.as_str());
                    let hint = fixlead_core::case::nearest(text, known.clone());
                    let list = known.collect::<Vec<_>>().join(", ");
                    format!("`{}` is no {}{hint}; write one of {list}", fixlead_core::text::echo(text), $what)
                })
            }
        }
    };
}

pub(crate) use words;
