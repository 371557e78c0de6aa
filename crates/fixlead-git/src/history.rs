//! What is read before anything about history can be answered: the names of
//! all repositories, the graph, and if wanted the index.

use crate::error::Result;
use crate::graph::{Graph, Sweep};
use crate::id::Id;
use crate::index::Index;
use crate::index::patch_ids::PatchIds;
use crate::refs::Ref;
use crate::workspace::Workspace;

/// The history of repositories, and what is known of its commits.
pub struct History<'a> {
    pub workspace: &'a Workspace,
    /// Tags and branches of each repository.
    pub names: Vec<Vec<Ref>>,
    pub graph: Graph,
    pub sweep: Sweep,
    pub index: Option<(Index, PatchIds)>,
}

impl<'a> History<'a> {
    /// Reads everything that names lead to, and revisions that no name leads
    /// to; what is no revision is left for later.
    pub fn open(workspace: &'a Workspace, with_index: bool, revisions: &[&str]) -> Result<Self> {
        let names = workspace.repositories().iter().map(|repository| workspace.refs(repository));
        let names = names.collect::<Result<Vec<_>>>()?;
        let mut targets: Vec<Id> = names.iter().flatten().map(|name| name.target).collect();
        targets.sort_unstable();
        targets.dedup();
        let mut graph = Graph::load(workspace, &targets)?;
        let commits = workspace.resolve(revisions, Some(&graph))?;
        let commits = commits.into_iter().flatten();
        let mut all: Vec<Id> = commits.filter(|commit| graph.position(commit).is_none()).collect();
        all.extend(&targets);
        if all.len() > targets.len() {
            graph = Graph::load(workspace, &all)?;
        }
        let mut index = None;
        if with_index {
            all.retain(|commit| graph.position(commit).is_some());
            index = Some((Index::refresh(workspace, &graph, &all)?, PatchIds::load(workspace)));
        }
        let sweep = Sweep::new(&graph);
        Ok(History { workspace, names, graph, sweep, index })
    }
}
