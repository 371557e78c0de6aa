//! Severity in words, for projects that use no numbers.

use std::fmt;

use super::vector_error::excerpt;

/// A project's own words for severity, from the least to the most severe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scale {
    words: Vec<String>,
}

/// Why words make no scale, or a word is not on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScaleError {
    /// There are fewer than two words.
    TooFew,
    /// A word is empty, has space around it, or more than
    /// [`Scale::LONGEST_WORD`] bytes.
    BadWord {
        /// The word.
        word: String,
    },
    /// A word is there twice, letter case aside.
    Repeated {
        /// The word.
        word: String,
    },
    /// The scale has no such word.
    Unknown {
        /// The word.
        word: String,
        /// The words it has.
        scale: Vec<String>,
    },
}

impl Scale {
    /// The most bytes in a word.
    pub const LONGEST_WORD: usize = 64;

    /// A scale of these words, from the least to the most severe.
    ///
    /// # Errors
    /// When there are fewer than two, or one is blank, too long or repeated.
    pub fn new<W: Into<String>>(words: impl IntoIterator<Item = W>) -> Result<Self, ScaleError> {
        let words: Vec<String> = words.into_iter().map(Into::into).collect();
        if words.len() < 2 {
            return Err(ScaleError::TooFew);
        }
        for (place, word) in words.iter().enumerate() {
            if word.is_empty() || word.trim() != word || word.len() > Scale::LONGEST_WORD {
                return Err(ScaleError::BadWord { word: excerpt(word) });
            }
            if words[..place].iter().any(|earlier| same(earlier, word)) {
                return Err(ScaleError::Repeated { word: excerpt(word) });
            }
        }
        Ok(Scale { words })
    }

    /// The words, from the least to the most severe.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// How many words are less severe than this one. Letter case does not
    /// matter.
    ///
    /// # Errors
    /// When the scale has no such word.
    pub fn rank(&self, word: &str) -> Result<usize, ScaleError> {
        self.words
            .iter()
            .position(|own| same(own, word))
            .ok_or_else(|| ScaleError::Unknown { word: excerpt(word), scale: self.words.clone() })
    }

    /// Whether a word is at least as severe as another.
    ///
    /// # Errors
    /// When the scale lacks one of them.
    pub fn at_least(&self, word: &str, threshold: &str) -> Result<bool, ScaleError> {
        Ok(self.rank(word)? >= self.rank(threshold)?)
    }
}

fn same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

impl fmt::Display for ScaleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ScaleError::TooFew => {
                f.write_str("a scale needs two words or more, from the least to the most severe")
            }
            ScaleError::BadWord { word } => write!(
                f,
                "{word} is no word for a scale: write 1 to {} bytes without space around them",
                Scale::LONGEST_WORD
            ),
            ScaleError::Repeated { word } => {
                write!(f, "{word} is on the scale twice: keep one of the two")
            }
            ScaleError::Unknown { word, scale } => {
                write!(f, "{word} is not on the scale: its words are {}", scale.join(", "))
            }
        }
    }
}

impl std::error::Error for ScaleError {}
