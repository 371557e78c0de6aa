//! What is new in the rooms of a case to whoever looks, and that they have seen it
//! now.

use fixlead_app::case::unread::Extent;
use fixlead_core::desk::event::Room;
use fixlead_core::id::CaseId;

use super::view::RoomTab;
use crate::api::Wire;
use crate::web::trouble::Trouble;
use crate::web::visitor::Visitor;

/// Says on each room how much is new, and notes that what is shown was seen: of
/// the rooms only the one that is open.
pub async fn mark(
    wire: &Wire,
    visitor: &Visitor,
    case: CaseId,
    rooms: &mut [RoomTab],
) -> Result<(), Trouble> {
    let (new, before) = wire.desk.unread(&visitor.caller, case).await?;
    for tab in rooms.iter_mut() {
        let (key, open) = tab.shown();
        let news = new.iter().find(|new| new.room.name() == key).map_or(0, |new| new.count);
        tab.set_news(news);
        // What is not new need not be noted; but that somebody was here is.
        if open && (news > 0 || !before) {
            let (messages, files) = tab.extent();
            let count = |many: usize| u32::try_from(many).unwrap_or(u32::MAX);
            let seen = Extent { messages: count(messages), files: count(files) };
            let room = Room::parse(key).map(|room| (room, seen));
            wire.desk.mark_seen(&visitor.caller, case, room).await?;
        }
    }
    Ok(())
}
