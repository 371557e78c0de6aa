//! `fixlead demo`: a desk to look at.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use crate::commands::Outcome;
use crate::demo::{self, Wanted};

/// How to show it.
#[derive(Args)]
pub struct DemoArgs {
    /// Keep it in this new directory; otherwise it goes when it is stopped.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Listen on this address and port of this machine [default: 127.0.0.1:8470].
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Make it, look at it as each of its people, and end.
    #[arg(long)]
    check: bool,
}

/// Runs `fixlead demo`.
///
/// # Errors
/// When a stream cannot be written.
pub fn run(args: &DemoArgs, out: &mut impl Write, messages: &mut impl Write) -> io::Result<Outcome> {
    let wanted = Wanted { data: args.data.clone(), listen: args.listen, check: args.check };
    demo::run(&wanted, out, messages)
}
