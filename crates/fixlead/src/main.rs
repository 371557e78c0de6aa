//! The `fixlead` command.

fn main() {}
