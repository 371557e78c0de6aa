//! Tokens for programs: scoped, ending, listed, revocable.

use fixlead_core::access::{Scope, TokenScope};
use fixlead_core::id::{PersonId, TokenId};
use fixlead_core::text::plain;
use fixlead_core::time::Instant;

use super::Accounts;
use super::kept::{self, KeptToken};
use crate::problem::{Problem, Result};
use crate::signin::bearer::{self, Purpose};
use crate::signin::session::{LONGEST_TOKEN, Token};

/// Most tokens of one person.
const MOST: usize = 50;

/// What a token is to be.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// What its owner calls it.
    pub name: String,
    /// What it is for.
    pub scopes: Vec<TokenScope>,
    /// Where it counts; everywhere its owner's grants do, if nothing.
    pub within: Option<Scope>,
    /// When it ends.
    pub ends: Instant,
}

impl Accounts {
    /// Makes a token. Its secret is shown once.
    pub async fn make_token(&self, person: PersonId, new: NewToken) -> Result<(String, Token)> {
        let now = self.clock.now();
        if new.name.trim().is_empty() || new.name.chars().count() > 100 {
            return Err(Problem::invalid("/name", "give the token a name of 1 to 100 characters"));
        }
        if new.scopes.is_empty() {
            return Err(Problem::invalid(
                "/scopes",
                "say what the token is for; a token without scopes can do nothing",
            ));
        }
        if new.ends <= now || new.ends > now + LONGEST_TOKEN {
            return Err(Problem::invalid("/ends", "a token ends in the future, at the latest in 366 days"));
        }
        if self.index("tokens", person).await?.len() >= MOST {
            return Err(Problem::invalid(
                "",
                "a person has at most 50 tokens; revoke one that is not needed",
            ));
        }
        let secret = bearer::text(Purpose::Token, &self.draw());
        let hash = bearer::lookup(Purpose::Token, &secret).ok_or(Problem::Unavailable { retry_after: 1 })?;
        let token = Token {
            id: TokenId::from_bytes(self.draw()),
            person,
            name: plain(new.name.trim()),
            scopes: new.scopes,
            within: new.within,
            made: now,
            ends: new.ends,
            used: None,
        };
        self.change_index("tokens", person, move |hashes| hashes.push(hash)).await?;
        kept::put(&self.store, "token", &hash, 0, Some(&KeptToken::from(&token)), Some(token.ends)).await?;
        Ok((secret, token))
    }

    /// The tokens of a person that count, newest first.
    pub async fn tokens(&self, person: PersonId) -> Result<Vec<Token>> {
        let now = self.clock.now();
        let mut tokens = Vec::new();
        for hash in self.index("tokens", person).await? {
            tokens.extend(self.token(&hash).await?.filter(|token| token.is_live(now)));
        }
        tokens.sort_by_key(|token| std::cmp::Reverse(token.made));
        Ok(tokens)
    }

    /// Ends a token of a person; all of them if none is named. How many.
    pub async fn revoke_tokens(&self, person: PersonId, one: Option<TokenId>) -> Result<usize> {
        let mut ended = 0;
        let mut gone = Vec::new();
        for hash in self.index("tokens", person).await? {
            match self.token(&hash).await? {
                Some(token) if one.is_some_and(|id| id != token.id) => {}
                Some(_) => {
                    self.delete("token", &hash).await?;
                    gone.push(hash);
                    ended += 1;
                }
                None => gone.push(hash),
            }
        }
        self.change_index("tokens", person, move |hashes| hashes.retain(|hash| !gone.contains(hash))).await?;
        Ok(ended)
    }
}
