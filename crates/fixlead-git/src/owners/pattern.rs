//! Patterns of paths, made into regular expressions with a bounded size.

use regex::{Regex, RegexBuilder};

/// The largest a compiled pattern may become, in bytes.
const MOST_BYTES: usize = 1 << 20;

/// A regular expression from a repository.
pub fn expression(text: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(text).size_limit(MOST_BYTES).build();
    built.map_err(|error| {
        format!(
            "no regular expression that is read: {}",
            error.to_string().lines().last().unwrap_or_default()
        )
    })
}

/// What differs between those that have patterns like those of `.gitignore`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// A slash within ties a pattern to the root; one that names a directory
    /// covers what is below it, with or without a slash at its end.
    GitHub,
    /// Only a slash at the beginning ties it to the root; what is below a
    /// directory needs one at the end.
    GitLab,
}

/// A pattern of `CODEOWNERS`.
pub fn glob(pattern: &str, dialect: Dialect) -> Result<Regex, String> {
    let rooted = match dialect {
        Dialect::GitHub => pattern.trim_end_matches('/').contains('/'),
        Dialect::GitLab => pattern.starts_with('/'),
    };
    let body = pattern.strip_prefix('/').unwrap_or(pattern);
    let (body, below) = match body.strip_suffix('/') {
        Some(body) => (body, "/.*"),
        // `docs/*` is what lies in docs, and not what lies deeper.
        None if dialect == Dialect::GitLab || (body.ends_with('*') && body.contains('/')) => (body, ""),
        None => (body, "(?:/.*)?"),
    };
    let start = if rooted { "^" } else { "^(?:.*/)?" };
    expression(&format!("{start}{}{below}$", translated(body)))
}

/// A pattern of the kernel's `F:` and `X:`: with a slash at its end everything
/// below, otherwise that alone, as deep as it is written.
pub fn kernel(pattern: &str) -> Result<Regex, String> {
    let (body, below) = match pattern.strip_suffix('/') {
        Some(body) => (body, "/.*"),
        None if pattern.contains('*') => (pattern, ""),
        // A directory that was written without it.
        None => (pattern, "(?:/.*)?"),
    };
    expression(&format!("^{}{below}$", translated(body)))
}

fn translated(glob: &str) -> String {
    let mut text = String::new();
    let mut rest = glob;
    while let Some(letter) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("**/") {
            text.push_str("(?:.*/)?");
            rest = after;
            continue;
        }
        if let Some(after) = rest.strip_prefix("**") {
            text.push_str(".*");
            rest = after;
            continue;
        }
        rest = &rest[letter.len_utf8()..];
        match letter {
            '*' => text.push_str("[^/]*"),
            '?' => text.push_str("[^/]"),
            '\\' => {
                let next = rest.chars().next();
                rest = &rest[next.map_or(0, char::len_utf8)..];
                text.extend(next.map(|next| regex::escape(&next.to_string())));
            }
            other => text.push_str(&regex::escape(&other.to_string())),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_house_reads_patterns_its_own_way() {
        let both = [
            ("*", "a/b.c", true),
            ("*.js", "a/b.js", true),
            ("*.js", "a/b.jsx", false),
            ("/build/logs/", "build/logs/x/y", true),
            ("/build/logs/", "a/build/logs/x", false),
            ("apps/", "deep/apps/x", true),
            ("/docs/*", "docs/a.md", true),
            ("/docs/*", "docs/a/b.md", false),
            ("/docs/**", "docs/a/b.md", true),
            ("**/logs", "a/b/logs", true),
            ("/a b\\#c", "a b#c", true),
            ("/scripts/[x]", "scripts/x", false),
        ];
        for (pattern, path, fits) in both {
            for dialect in [Dialect::GitHub, Dialect::GitLab] {
                assert_eq!(
                    glob(pattern, dialect).unwrap().is_match(path),
                    fits,
                    "{dialect:?} {pattern} {path}"
                );
            }
        }
        let different = [("internal/README.md", "x/internal/README.md"), ("docs/*", "x/docs/a")];
        for (pattern, path) in different {
            assert!(!glob(pattern, Dialect::GitHub).unwrap().is_match(path), "{pattern}");
            assert!(glob(pattern, Dialect::GitLab).unwrap().is_match(path), "{pattern}");
        }
        assert!(glob("/apps/github", Dialect::GitHub).unwrap().is_match("apps/github/x"));
        assert!(!glob("/apps/github", Dialect::GitLab).unwrap().is_match("apps/github/x"));
    }

    #[test]
    fn the_kernel_counts_slashes() {
        for (pattern, path, fits) in [
            ("drivers/net/", "drivers/net/a/b.c", true),
            ("drivers/net/*", "drivers/net/a.c", true),
            ("drivers/net/*", "drivers/net/a/b.c", false),
            ("*/net/*", "drivers/net/a.c", true),
            ("fs/ext4", "fs/ext4/inode.c", true),
            ("*", "Makefile", true),
            ("*", "fs/x", false),
            ("*/", "fs/x", true),
        ] {
            assert_eq!(kernel(pattern).unwrap().is_match(path), fits, "{pattern} {path}");
        }
    }

    #[test]
    fn an_expression_that_grows_is_refused() {
        assert!(expression("((a{1000}){1000}){1000}").is_err());
        assert!(expression("(").is_err());
    }
}
