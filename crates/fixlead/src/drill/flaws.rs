//! The flaws that can be rehearsed: a few lines of code each, as they stand on
//! old and new branches, before and after the fix. All of it is made up.

/// A vulnerability with its code and everything that is told about it.
#[derive(Debug)]
pub struct Flaw {
    /// One line, as it stands in an advisory.
    pub title: &'static str,
    /// What is wrong.
    pub summary: &'static str,
    /// What somebody can do with it.
    pub impact: &'static str,
    /// What users can do until they upgrade.
    pub mitigation: &'static str,
    /// Severity in the words of CVSS 3.x.
    pub severity: &'static str,
    /// The base vector without its version.
    pub metrics: &'static str,
    /// The base score of the vector.
    pub score: f64,
    /// The weakness in the Common Weakness Enumeration.
    pub weakness: &'static str,
    /// The component: a directory of the tree.
    pub component: &'static str,
    /// The file in it.
    pub file: &'static str,
    /// A line by which the commit that introduced the flaw is found.
    pub trace: &'static str,
    /// The head of the file, the same on all branches.
    pub head: &'static str,
    /// The function on the oldest branch.
    pub older: &'static str,
    /// The same, repaired by hand.
    pub older_fixed: &'static str,
    /// The function after it was restructured on main.
    pub newer: &'static str,
    /// The same, repaired.
    pub newer_fixed: &'static str,
    /// The test that comes with the fix.
    pub test: &'static str,
    /// The same for the function on the oldest branch.
    pub older_test: &'static str,
}

impl Flaw {
    /// The path of the file in the tree.
    pub fn path(&self) -> String {
        format!("{}/{}", self.component, self.file)
    }

    /// The path of the test in the tree.
    pub fn test_path(&self) -> String {
        format!("{}/test_{}", self.component, self.file)
    }

    /// The command that runs the test, from the root of the tree.
    pub fn test_command(&self) -> String {
        format!("python3 -m unittest {}.test_{}", self.component, self.file.trim_end_matches(".py"))
    }

    /// A whole file around one of the functions.
    pub fn text(&self, function: &str) -> String {
        format!("{}\n\n{function}", self.head)
    }
}

/// All flaws; the seed picks one, the first more often.
pub const FLAWS: &[Flaw] = &[
    Flaw {
        title: "compressed requests are inflated without a limit",
        summary: "The size of a request body is limited as it arrives, but not when it is decompressed into memory.",
        impact: "Anyone who can reach the receiver can exhaust its memory with a few kilobytes and stop the process.",
        mitigation: "Refuse compressed request bodies at the proxy in front of the receiver (no Content-Encoding header), or set a memory limit on the process and restart it automatically.",
        severity: "high",
        metrics: "AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H",
        score: 7.5,
        weakness: "CWE-409",
        component: "receiver",
        file: "inflate.py",
        trace: "reader.flush()",
        head: r#""""Plain bodies of compressed requests."""

import zlib

MOST = 1 << 20


def refuse_large(body):
    if len(body) > MOST:
        raise ValueError("the body is too large")
"#,
        older: r#"def inflate(body):
    """Returns the plain bytes of a gzip body."""
    refuse_large(body)
    reader = zlib.decompressobj(31)
    return reader.decompress(body) + reader.flush()
"#,
        older_fixed: r#"def inflate(body):
    """Returns the plain bytes of a gzip body."""
    refuse_large(body)
    reader = zlib.decompressobj(31)
    plain = reader.decompress(body, MOST + 1)
    refuse_large(plain)
    return plain
"#,
        newer: r#"WINDOWS = {"gzip": 31, "deflate": 15}


def inflate(request):
    """Returns the plain bytes of a request in any known encoding."""
    refuse_large(request["body"])
    if request["encoding"] == "identity":
        return request["body"]
    reader = zlib.decompressobj(WINDOWS[request["encoding"]])
    return reader.decompress(request["body"]) + reader.flush()
"#,
        newer_fixed: r#"WINDOWS = {"gzip": 31, "deflate": 15}


def inflate(request):
    """Returns the plain bytes of a request in any known encoding."""
    refuse_large(request["body"])
    if request["encoding"] == "identity":
        return request["body"]
    reader = zlib.decompressobj(WINDOWS[request["encoding"]])
    plain = reader.decompress(request["body"], MOST + 1)
    refuse_large(plain)
    return plain
"#,
        test: r#"import unittest
import zlib

from receiver.inflate import inflate


class InflateTest(unittest.TestCase):
    def test_a_body_comes_out_as_it_went_in(self):
        request = {"encoding": "deflate", "body": zlib.compress(b"spans")}
        self.assertEqual(inflate(request), b"spans")

    def test_a_body_has_a_largest_size(self):
        request = {"encoding": "deflate", "body": zlib.compress(bytes(8 << 20))}
        with self.assertRaises(ValueError):
            inflate(request)
"#,
        older_test: r#"import gzip
import unittest

from receiver.inflate import inflate


class InflateTest(unittest.TestCase):
    def test_a_body_comes_out_as_it_went_in(self):
        self.assertEqual(inflate(gzip.compress(b"spans")), b"spans")

    def test_a_body_has_a_largest_size(self):
        with self.assertRaises(ValueError):
            inflate(gzip.compress(bytes(8 << 20)))
"#,
    },
    Flaw {
        title: "the administration check can be passed with an unclean path",
        summary: "The path of a request is compared with the administration prefix before it is cleaned.",
        impact: "Anyone who can reach the gateway can call administration functions without being an administrator, and so read and change all that it stores.",
        mitigation: "Block every request whose path contains `//`, `/./` or `/../` in front of the gateway; ordinary clients never send one.",
        severity: "critical",
        metrics: "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        score: 9.8,
        weakness: "CWE-22",
        component: "gateway",
        file: "route.py",
        trace: "startswith(",
        head: r#""""Who may call what."""

import posixpath

ADMIN = "/admin/"


def clean(path):
    return posixpath.normpath("/" + path.lstrip("/"))


def function(path):
    """The name of the function that answers a path."""
    return clean(path).strip("/").replace("/", ".")
"#,
        older: r#"def allowed(path, who):
    """Says whether somebody may call a path."""
    if path.startswith(ADMIN):
        return who["admin"]
    return True
"#,
        older_fixed: r#"def allowed(path, who):
    """Says whether somebody may call a path."""
    if (clean(path) + "/").startswith(ADMIN):
        return who["admin"]
    return True
"#,
        newer: r#"class Routes:
    """The routes of one gateway."""

    def __init__(self, admin=ADMIN):
        self.admin = admin

    def allowed(self, request):
        """Says whether a request may pass."""
        if request["path"].startswith(self.admin):
            return request["who"]["admin"]
        return True
"#,
        newer_fixed: r#"class Routes:
    """The routes of one gateway."""

    def __init__(self, admin=ADMIN):
        self.admin = admin

    def allowed(self, request):
        """Says whether a request may pass."""
        path = clean(request["path"]) + "/"
        if path.startswith(self.admin):
            return request["who"]["admin"]
        return True
"#,
        test: r#"import unittest

from gateway.route import Routes

GUEST = {"admin": False}


class RouteTest(unittest.TestCase):
    def test_a_guest_reads_documents(self):
        self.assertTrue(Routes().allowed({"path": "/docs/start", "who": GUEST}))

    def test_every_spelling_of_a_path_is_one_path(self):
        for path in ["/admin/users", "//admin/users", "/./admin/users", "/docs/../admin/users"]:
            self.assertFalse(Routes().allowed({"path": path, "who": GUEST}), path)
"#,
        older_test: r#"import unittest

from gateway.route import allowed

GUEST = {"admin": False}


class RouteTest(unittest.TestCase):
    def test_a_guest_reads_documents(self):
        self.assertTrue(allowed("/docs/start", GUEST))

    def test_every_spelling_of_a_path_is_one_path(self):
        for path in ["/admin/users", "//admin/users", "/./admin/users", "/docs/../admin/users"]:
            self.assertFalse(allowed(path, GUEST), path)
"#,
    },
    Flaw {
        title: "error pages repeat internal query text",
        summary: "The text of a failed internal query is sent to the client as part of the error.",
        impact: "Anyone who can provoke an error learns names of tables and literal values of other people's queries.",
        mitigation: "Let the proxy in front of the service replace the bodies of answers with status 500.",
        severity: "medium",
        metrics: "AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N",
        score: 5.3,
        weakness: "CWE-209",
        component: "session",
        file: "answer.py",
        trace: "query['text']",
        head: r#""""Answers to clients whose query failed."""

import logging

LOG = logging.getLogger("session")
"#,
        older: r#"def failed(query, error):
    """The answer to a client whose query failed."""
    LOG.warning("%s", error)
    return f"{query['text']}: {error}"
"#,
        older_fixed: r#"def failed(query, error):
    """The answer to a client whose query failed."""
    LOG.warning("%s: %s", query["text"], error)
    return "the query failed"
"#,
        newer: r#"class Session:
    """A client, and how often its queries failed."""

    def __init__(self):
        self.failures = 0

    def failed(self, query, error):
        """The answer to a client whose query failed."""
        self.failures += 1
        LOG.warning("failure %d of this session: %s", self.failures, error)
        return f"{query['text']}: {error}"
"#,
        newer_fixed: r#"class Session:
    """A client, and how often its queries failed."""

    def __init__(self):
        self.failures = 0

    def failed(self, query, error):
        """The answer to a client whose query failed."""
        self.failures += 1
        LOG.warning("failure %d of this session: %s: %s", self.failures, query["text"], error)
        return "the query failed"
"#,
        test: r#"import unittest

from session.answer import Session


class AnswerTest(unittest.TestCase):
    def test_the_answer_is_the_same_for_every_query(self):
        with self.assertLogs("session") as log:
            answer = Session().failed({"text": "select 4711"}, TimeoutError())
        self.assertEqual(answer, "the query failed")
        self.assertIn("select 4711", log.output[0])
"#,
        older_test: r#"import unittest

from session.answer import failed


class AnswerTest(unittest.TestCase):
    def test_the_answer_is_the_same_for_every_query(self):
        with self.assertLogs("session") as log:
            answer = failed({"text": "select 4711"}, TimeoutError())
        self.assertEqual(answer, "the query failed")
        self.assertIn("select 4711", log.output[0])
"#,
    },
    Flaw {
        title: "tokens are compared byte by byte",
        summary: "A token is compared in a way that ends at the first byte that differs.",
        impact: "Somebody who can measure answers very precisely can guess a token piece by piece; in practice this takes a quiet network and a very long time.",
        mitigation: "Limit the rate of failed logins in front of the service, or rotate tokens daily.",
        severity: "low",
        metrics: "AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:N/A:N",
        score: 3.7,
        weakness: "CWE-208",
        component: "vault",
        file: "compare.py",
        trace: "given == ",
        head: r#""""Tokens that were given out."""

import hmac


def short_name(key, token):
    """What stands in the log instead of a token."""
    return hmac.new(key, token, "sha256").hexdigest()[:12]
"#,
        older: r#"def valid(given, stored):
    """Says whether a token is the one we gave out."""
    return given == stored
"#,
        older_fixed: r#"def valid(given, stored):
    """Says whether a token is the one we gave out."""
    return hmac.compare_digest(given, stored)
"#,
        newer: r#"class Vault:
    """Tokens by name, and the names that were revoked."""

    def __init__(self, stored):
        self.stored = stored
        self.revoked = set()

    def valid(self, name, given):
        """Says whether a token is one that we gave out and did not revoke."""
        if name not in self.stored or name in self.revoked:
            return False
        return given == self.stored[name]
"#,
        newer_fixed: r#"class Vault:
    """Tokens by name, and the names that were revoked."""

    def __init__(self, stored):
        self.stored = stored
        self.revoked = set()

    def valid(self, name, given):
        """Says whether a token is one that we gave out and did not revoke."""
        if name not in self.stored or name in self.revoked:
            return False
        return hmac.compare_digest(given, self.stored[name])
"#,
        test: r#"import unittest
from unittest import mock

from vault.compare import Vault


class CompareTest(unittest.TestCase):
    def test_only_the_token_we_gave_out_is_valid(self):
        vault = Vault({"agent": b"right"})
        self.assertTrue(vault.valid("agent", b"right"))
        self.assertFalse(vault.valid("agent", b"wrong"))

    def test_every_byte_is_looked_at(self):
        with mock.patch("hmac.compare_digest", return_value=True) as compare:
            self.assertTrue(Vault({"agent": b"right"}).valid("agent", b"right"))
        compare.assert_called_once_with(b"right", b"right")
"#,
        older_test: r#"import unittest
from unittest import mock

from vault.compare import valid


class CompareTest(unittest.TestCase):
    def test_only_the_token_we_gave_out_is_valid(self):
        self.assertTrue(valid(b"right", b"right"))
        self.assertFalse(valid(b"wrong", b"right"))

    def test_every_byte_is_looked_at(self):
        with mock.patch("hmac.compare_digest", return_value=True) as compare:
            self.assertTrue(valid(b"right", b"right"))
        compare.assert_called_once_with(b"right", b"right")
"#,
    },
];
