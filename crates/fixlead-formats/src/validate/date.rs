//! Instants as documents write them (RFC 3339), to be compared.

/// Seconds since 1970-01-01T00:00:00Z and what comes after the point.
pub type Instant = (i64, String);

/// Reads an instant that names its offset; fractions of any length.
pub fn read(text: &str) -> Option<Instant> {
    let (day, rest) = text.split_at_checked(10)?;
    let time = rest.strip_prefix(['T', 't'])?;
    let (clock, rest) = time.split_at_checked(8)?;
    let (fraction, offset) = match rest.strip_prefix('.') {
        Some(rest) => {
            let count = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (fraction, offset) = rest.split_at(count);
            (Some(fraction).filter(|fraction| !fraction.is_empty())?, offset)
        }
        None => ("", rest),
    };
    let [year, month, day] = numbers(day, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(clock, ':', [2, 2, 2])?;
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let minutes = match offset {
        "Z" | "z" => 0,
        _ => {
            let sign = if offset.starts_with('-') { -1 } else { 1 };
            let [hours, minutes] = numbers(offset.strip_prefix(['+', '-'])?, ':', [2, 2])?;
            if hours > 23 || minutes > 59 {
                return None;
            }
            sign * (hours * 60 + minutes)
        }
    };
    let seconds = days(year, month, day)? * 86_400 + hour * 3_600 + minute * 60 + second - minutes * 60;
    Some((seconds, fraction.trim_end_matches('0').to_owned()))
}

fn numbers<const N: usize>(text: &str, separator: char, lengths: [usize; N]) -> Option<[i64; N]> {
    let mut found = [0; N];
    let mut parts = text.split(separator);
    for (number, length) in found.iter_mut().zip(lengths) {
        let part = parts
            .next()
            .filter(|part| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(found)
}

/// Days since 1970-01-01 of a day of the calendar, if there is such a day.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = |year: i64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let lengths = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let place = usize::try_from(month).ok()?.checked_sub(1)?;
    if day < 1 || day > *lengths.get(place)? {
        return None;
    }
    // Leap years before this one, counted from the year 0.
    let before = year - 1;
    let leaps = |year: i64| year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some((year - 1970) * 365 + leaps(before) - leaps(1969) + lengths[..place].iter().sum::<i64>() + day - 1)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn instants_are_compared_by_what_they_are() {
        assert_eq!(read("1970-01-01T00:00:00Z"), Some((0, String::new())));
        assert_eq!(read("2026-11-30T17:00:00.50+01:00"), read("2026-11-30T16:00:00.5Z"));
        assert_eq!(read("2000-03-01T00:00:00Z").unwrap().0, 951_868_800);
        for wrong in [
            "",
            "2026-02-29T00:00:00Z",
            "2026-01-01",
            "2026-01-01T00:00:00",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00.Z",
            "2026-1-01T00:00:00Z",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
