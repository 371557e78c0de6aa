//! Signing in for one command: what weighs much is not done with a token.

use serde_json::{Value, json};

use super::{ClientError, Server, Shows};

/// How somebody proves that it is them.
pub struct Proof<'a> {
    /// The name they sign in with.
    pub login: &'a str,
    /// Their password.
    pub password: &'a str,
    /// The code of their authenticator, or one of their recovery codes.
    pub code: Code<'a>,
}

/// A code that counts once.
pub enum Code<'a> {
    /// What the authenticator shows.
    Authenticator(&'a str),
    /// One of the list that came with enrolling.
    Recovery(&'a str),
}

impl Server {
    /// The same desk, asked in a session that begins now. [`Server::sign_out`]
    /// ends it.
    ///
    /// # Errors
    /// What the desk said, or that it did not.
    pub fn sign_in(self, proof: &Proof<'_>) -> Result<Server, ClientError> {
        let mut sent = json!({ "login": proof.login, "password": proof.password });
        match proof.code {
            Code::Authenticator(code) => sent["code"] = Value::from(code),
            Code::Recovery(code) => sent["recovery_code"] = Value::from(code),
        }
        // A token that lies in the environment is not shown beside it.
        let server = Server { shows: None, ..self };
        let answer = server.post("/api/v1/session", &sent, None, None)?;
        Ok(Server { shows: answer.cookie.map(Shows::Session), ..server })
    }

    /// Ends the session.
    ///
    /// # Errors
    /// What the desk said, or that it did not.
    pub fn sign_out(&self) -> Result<(), ClientError> {
        self.delete("/api/v1/session").map(drop)
    }
}
