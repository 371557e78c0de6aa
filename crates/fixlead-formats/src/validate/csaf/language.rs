//! Language tags: their form, and which there are.

/// The form of a language tag (RFC 5646, section 2.1); which ones there are is
/// section 6.1.12.
pub fn language(text: &str) -> Result<(), &'static str> {
    let wrong = Err("a language like en or pt-BR");
    let lower = text.to_ascii_lowercase();
    if ["i-default", "i-mingo"].contains(&lower.as_str()) {
        return Ok(());
    }
    let mut parts = lower.split('-').peekable();
    let alphabetic = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let alphanumeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let first = parts.next().unwrap_or_default();
    let mut private = first == "x";
    if !private {
        if !alphabetic(first) || !matches!(first.len(), 2..=8) {
            return wrong;
        }
        let mut extended = 0;
        while extended < 3
            && first.len() <= 3
            && parts.peek().is_some_and(|part| part.len() == 3 && alphabetic(part))
        {
            parts.next();
            extended += 1;
        }
        let _script = parts.next_if(|part| part.len() == 4 && alphabetic(part));
        let _region = parts.next_if(|part| {
            (part.len() == 2 && alphabetic(part))
                || (part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit()))
        });
        let variant = |part: &&str| {
            alphanumeric(part)
                && (matches!(part.len(), 5..=8)
                    || (part.len() == 4 && part.starts_with(|first: char| first.is_ascii_digit())))
        };
        while parts.next_if(variant).is_some() {}
    }
    // Extensions begin with a single letter and have something after it.
    let mut open = private;
    for part in parts {
        let most = if part.is_empty() || !alphanumeric(part) { 0 } else { 8 };
        if part.len() > most || part.is_empty() {
            return wrong;
        }
        if part.len() == 1 && !private {
            if open {
                return wrong;
            }
            private = part == "x";
            open = true;
        } else if !private && !open && extension_is_missing(part) {
            return wrong;
        } else {
            open = false;
        }
    }
    if open { wrong } else { Ok(()) }
}

/// What follows the variants begins with a letter of its own.
fn extension_is_missing(part: &str) -> bool {
    part.len() == 1
}

/// The languages of two letters (ISO 639-1).
const LANGUAGES: &str = "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de \
dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik in io is it iu \
iw ja ji jv jw ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mo mr ms mt my na nb \
nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st su \
sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu";

/// Whether there is a language of this tag; of three letters and more every
/// one counts as known.
pub fn is_language(tag: &str) -> bool {
    let first = tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    match first.len() {
        2 => LANGUAGES.split(' ').any(|known| known == first),
        _ => true,
    }
}
