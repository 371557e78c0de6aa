//! YAML with the line of each text, as far as files of owners use it: lists
//! and tables of texts. Aliases and anchors are refused, so that a small file
//! cannot become a large one.

use saphyr_parser::{Event, Parser};

/// A value and where it stands.
#[derive(Debug)]
pub enum Node {
    /// A text, with its line from 1.
    Text(String, usize),
    /// A list.
    List(Vec<Node>),
    /// A table, in the order of the file.
    Table(Vec<(String, usize, Node)>),
}

/// Deeper is no file of owners.
const DEEPEST: usize = 16;

/// Reads one document; what is wrong comes with its line.
pub fn read(text: &str) -> Result<Node, (usize, String)> {
    let mut open: Vec<(Node, Option<(String, usize)>)> = Vec::new();
    let mut root = None;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| (error.marker().line(), error.info().to_owned()))?;
        let line = span.start.line();
        let done = match event {
            Event::Scalar(text, _, 0, _) => Some(Node::Text(text.into_owned(), line)),
            Event::SequenceStart(0, _) | Event::MappingStart(0, _) if open.len() == DEEPEST => {
                return Err((line, "lists within lists within lists".to_owned()));
            }
            Event::SequenceStart(0, _) => {
                open.push((Node::List(Vec::new()), None));
                None
            }
            Event::MappingStart(0, _) => {
                open.push((Node::Table(Vec::new()), None));
                None
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().map(|(node, _)| node),
            Event::Alias(_) | Event::Scalar(..) | Event::SequenceStart(..) | Event::MappingStart(..) => {
                return Err((line, "anchors and aliases are not read; write it out".to_owned()));
            }
            _ => None,
        };
        let Some(done) = done else { continue };
        match open.last_mut() {
            None => root = root.or(Some(done)),
            Some((Node::List(items), _)) => items.push(done),
            Some((Node::Table(rows), key)) => match (key.take(), done) {
                (None, Node::Text(text, line)) => *key = Some((text, line)),
                (None, _) => return Err((line, "a key that is no text".to_owned())),
                (Some((key, line)), value) => rows.push((key, line, value)),
            },
            Some((Node::Text(..), _)) => {}
        }
    }
    Ok(root.unwrap_or(Node::Table(Vec::new())))
}

impl Node {
    /// The value of a key of a table.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.rows().iter().find(|(own, _, _)| own == key).map(|(_, _, value)| value)
    }

    /// The rows of a table; none of anything else.
    pub fn rows(&self) -> &[(String, usize, Node)] {
        match self {
            Node::Table(rows) => rows,
            _ => &[],
        }
    }

    /// The texts of a list, with their lines; nothing of anything else.
    pub fn texts(&self) -> impl Iterator<Item = (&str, usize)> {
        let items: &[Node] = match self {
            Node::List(items) => items,
            _ => &[],
        };
        items.iter().filter_map(|item| match item {
            Node::Text(text, line) => Some((text.as_str(), *line)),
            _ => None,
        })
    }

    /// Whether it is the text `true`.
    pub fn is_true(&self) -> bool {
        matches!(self, Node::Text(text, _) if text == "true")
    }
}
