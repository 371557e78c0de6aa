//! The line to CVE Services: the secret goes over TLS or stays on the machine,
//! and nowhere else than to the address that was named.

use super::{MOST_ANSWER, agent};
use crate::configuration::values::Origin;
use crate::cve::{Answered, Call, Credentials, Line, Method};

/// CVE Services at an address.
pub struct ServicesLine {
    address: String,
    credentials: Credentials,
    agent: ureq::Agent,
}

impl ServicesLine {
    /// Those at an address, like `https://cveawg.mitre.org/api`.
    ///
    /// # Errors
    /// What is wrong with the address.
    pub fn new(address: &str, credentials: Credentials) -> Result<Self, String> {
        let address = address.trim_end_matches('/');
        let host_ends = address
            .find("://")
            .map(|at| at + 3)
            .and_then(|from| address[from..].find('/').map(|length| from + length).or(Some(address.len())));
        let origin = Origin::parse(&address[..host_ends.unwrap_or(address.len())])?;
        if !origin.is_https() && !origin.is_loopback() {
            return Err(format!(
                "{} is not encrypted: the key would be read on its way; use https://",
                origin.as_str()
            ));
        }
        let path = &address[host_ends.unwrap_or(address.len())..];
        if !path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte)) {
            return Err("the address of CVE Services ends with a plain path, like /api".to_owned());
        }
        let agent = agent(&origin);
        Ok(ServicesLine { address: format!("{}{path}", origin.as_str()), credentials, agent })
    }

    fn dressed<B>(&self, request: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
        let Credentials { org, user, key } = &self.credentials;
        request
            .header("CVE-API-ORG", org)
            .header("CVE-API-USER", user)
            .header("CVE-API-KEY", key)
            .header("accept", "application/json")
    }
}

impl Line for ServicesLine {
    fn ask(&self, call: &Call) -> Result<Answered, String> {
        let url = format!("{}{}", self.address, call.path);
        let sent = |request: ureq::RequestBuilder<ureq::typestate::WithBody>| {
            let request = self.dressed(request);
            match &call.body {
                Some(body) => request.header("content-type", "application/json").send(body.to_string()),
                None => request.send_empty(),
            }
        };
        let answered = match call.method {
            Method::Get => self.dressed(self.agent.get(url)).call(),
            Method::Post => sent(self.agent.post(url)),
            Method::Put => sent(self.agent.put(url)),
        };
        // The address of an error may hold what was asked; what it says is enough.
        let unreachable = |error: ureq::Error| format!("{} does not answer: {error}", self.address);
        let mut response = answered.map_err(unreachable)?;
        let status = response.status().as_u16();
        let bytes =
            response.body_mut().with_config().limit(MOST_ANSWER).read_to_vec().map_err(unreachable)?;
        Ok(Answered::read(status, &bytes, &self.credentials.key))
    }
}
