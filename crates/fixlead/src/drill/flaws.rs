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
}

impl Flaw {
    /// The path of the file in the tree.
    pub fn path(&self) -> String {
        format!("{}/{}", self.component, self.file)
    }

    /// The path of the test in the tree.
    pub fn test_path(&self) -> String {
        format!("{}/{}", self.component, self.file.replace(".go", "_test.go"))
    }

    /// A whole file around one of the functions.
    pub fn text(&self, function: &str) -> String {
        format!("{}\n{function}", self.head)
    }
}

/// All flaws; the seed picks one, the first more often.
pub const FLAWS: &[Flaw] = &[
    Flaw {
        title: "compressed requests are inflated without a limit",
        summary: "A request body is decompressed into memory without any bound on its plain size.",
        impact: "Anyone who can reach the receiver can exhaust its memory with a few kilobytes and stop the process.",
        mitigation: "Refuse compressed request bodies at the proxy in front of the receiver (no Content-Encoding header), or set a memory limit on the process and restart it automatically.",
        severity: "high",
        metrics: "AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H",
        score: 7.5,
        weakness: "CWE-409",
        component: "receiver",
        file: "inflate.go",
        trace: "io.ReadAll(reader)",
        head: "package receiver\n\nimport (\n\t\"compress/gzip\"\n\t\"errors\"\n\t\"io\"\n)\n\nvar errTooLarge = errors.New(\"request body is too large\")\n",
        older: "// Inflate returns the plain bytes of a compressed body.\nfunc Inflate(body io.Reader) ([]byte, error) {\n\treader, err := gzip.NewReader(body)\n\tif err != nil {\n\t\treturn nil, err\n\t}\n\treturn io.ReadAll(reader)\n}\n",
        older_fixed: "// Inflate returns the plain bytes of a compressed body.\nfunc Inflate(body io.Reader) ([]byte, error) {\n\treader, err := gzip.NewReader(body)\n\tif err != nil {\n\t\treturn nil, err\n\t}\n\tplain, err := io.ReadAll(io.LimitReader(reader, 64<<20+1))\n\tif err == nil && len(plain) > 64<<20 {\n\t\treturn nil, errTooLarge\n\t}\n\treturn plain, err\n}\n",
        newer: "// Inflate returns the plain bytes of a request in any known encoding.\nfunc Inflate(request Request) ([]byte, error) {\n\treader, err := decoderFor(request.Encoding, request.Body)\n\tif err != nil {\n\t\treturn nil, request.failed(err)\n\t}\n\tdefer reader.Close()\n\treturn io.ReadAll(reader)\n}\n",
        newer_fixed: "// Inflate returns the plain bytes of a request in any known encoding.\nfunc Inflate(request Request) ([]byte, error) {\n\treader, err := decoderFor(request.Encoding, request.Body)\n\tif err != nil {\n\t\treturn nil, request.failed(err)\n\t}\n\tdefer reader.Close()\n\tplain, err := io.ReadAll(io.LimitReader(reader, request.MaxPlain()+1))\n\tif err == nil && int64(len(plain)) > request.MaxPlain() {\n\t\treturn nil, request.failed(errTooLarge)\n\t}\n\treturn plain, err\n}\n",
        test: "package receiver\n\nimport \"testing\"\n\nfunc TestInflateRefusesWhatGrowsTooLarge(t *testing.T) {\n\tif _, err := Inflate(zeros(1 << 30)); err == nil {\n\t\tt.Fatal(\"a gigabyte of zeros was inflated\")\n\t}\n}\n",
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
        file: "route.go",
        trace: "mayPass(",
        head: "package gateway\n\nimport (\n\t\"path\"\n\t\"strings\"\n)\n\n// mayPass decides who reaches what.\nvar clean = path.Clean\n",
        older: "// Allowed says whether somebody may call a path; mayPass(nobody) for admins.\nfunc Allowed(target string, who Identity) bool {\n\tif strings.HasPrefix(target, \"/admin/\") {\n\t\treturn who.Admin\n\t}\n\treturn true\n}\n",
        older_fixed: "// Allowed says whether somebody may call a path; mayPass(nobody) for admins.\nfunc Allowed(target string, who Identity) bool {\n\tif strings.HasPrefix(clean(\"/\"+target)+\"/\", \"/admin/\") {\n\t\treturn who.Admin\n\t}\n\treturn true\n}\n",
        newer: "// Allowed says whether a request may pass; mayPass(nobody) for admins.\nfunc (table *Routes) Allowed(request Request) bool {\n\tif strings.HasPrefix(request.Path, table.admin) {\n\t\treturn request.Who.Admin\n\t}\n\treturn true\n}\n",
        newer_fixed: "// Allowed says whether a request may pass; mayPass(nobody) for admins.\nfunc (table *Routes) Allowed(request Request) bool {\n\ttarget := clean(\"/\"+request.Path) + \"/\"\n\tif strings.HasPrefix(target, table.admin) {\n\t\treturn request.Who.Admin\n\t}\n\treturn true\n}\n",
        test: "package gateway\n\nimport \"testing\"\n\nfunc TestUncleanPathsMeetTheCheck(t *testing.T) {\n\tif routes.Allowed(guest(\"//admin/users\")) {\n\t\tt.Fatal(\"a guest reached the administration\")\n\t}\n}\n",
    },
    Flaw {
        title: "error pages repeat internal query text",
        summary: "The text of a failed internal query is sent to the client as part of the error.",
        impact: "Anyone who can provoke an error learns names of tables and literal values of other people's queries.",
        mitigation: "Set the option that hides error details (`errors.verbose = false`), which needs no restart.",
        severity: "medium",
        metrics: "AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N",
        score: 5.3,
        weakness: "CWE-209",
        component: "session",
        file: "answer.go",
        trace: "query.Text",
        head: "package session\n\nimport (\n\t\"fmt\"\n\t\"log\"\n)\n\nvar hidden = fmt.Errorf(\"the query failed\")\n",
        older: "// Failed turns a failed query into the answer for the client.\nfunc Failed(query Query, err error) error {\n\tlog.Print(err)\n\treturn fmt.Errorf(\"%s: %w\", query.Text, err)\n}\n",
        older_fixed: "// Failed turns a failed query into the answer for the client.\nfunc Failed(query Query, err error) error {\n\tlog.Print(query.Text, err)\n\treturn hidden\n}\n",
        newer: "// Failed turns a failed query into the answer for the client.\nfunc (session *Session) Failed(query Query, err error) error {\n\tsession.count(err)\n\treturn fmt.Errorf(\"%s: %w\", query.Text, session.wrap(err))\n}\n",
        newer_fixed: "// Failed turns a failed query into the answer for the client.\nfunc (session *Session) Failed(query Query, err error) error {\n\tsession.count(err)\n\tlog.Print(query.Text, session.wrap(err))\n\treturn hidden\n}\n",
        test: "package session\n\nimport \"testing\"\n\nfunc TestErrorsKeepTheQueryToThemselves(t *testing.T) {\n\tif leaks(failed(\"select secret\")) {\n\t\tt.Fatal(\"the answer names the query\")\n\t}\n}\n",
    },
    Flaw {
        title: "tokens are compared byte by byte",
        summary: "A token is compared with a function that returns at the first byte that differs.",
        impact: "Somebody who can measure answers very precisely can guess a token piece by piece; in practice this takes a quiet network and a very long time.",
        mitigation: "Limit the rate of failed logins in front of the service, or rotate tokens daily.",
        severity: "low",
        metrics: "AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:N/A:N",
        score: 3.7,
        weakness: "CWE-208",
        component: "token",
        file: "compare.go",
        trace: "bytes.Equal",
        head: "package token\n\nimport (\n\t\"bytes\"\n\t\"crypto/subtle\"\n)\n\nvar same = subtle.ConstantTimeCompare\n",
        older: "// Valid says whether a token is the one we gave out.\nfunc Valid(given, stored []byte) bool {\n\treturn bytes.Equal(given, stored)\n}\n",
        older_fixed: "// Valid says whether a token is the one we gave out.\nfunc Valid(given, stored []byte) bool {\n\treturn same(given, stored) == 1\n}\n",
        newer: "// Valid says whether a token is one that we gave out and did not revoke.\nfunc (vault *Vault) Valid(given Token) bool {\n\tstored := vault.find(given.Name)\n\treturn bytes.Equal(given.Bytes, stored.Bytes) && !stored.Revoked\n}\n",
        newer_fixed: "// Valid says whether a token is one that we gave out and did not revoke.\nfunc (vault *Vault) Valid(given Token) bool {\n\tstored := vault.find(given.Name)\n\treturn same(given.Bytes, stored.Bytes) == 1 && !stored.Revoked\n}\n",
        test: "package token\n\nimport \"testing\"\n\nfunc TestComparisonTakesTheSameTime(t *testing.T) {\n\tif spread(Valid) > tolerance {\n\t\tt.Fatal(\"the comparison stops early\")\n\t}\n}\n",
    },
];
